import { startBlackHole } from './black-hole.ts';
import { startDnsServer } from './dns-server.ts';
import { startFaultyReceiver } from './faulty-receiver.ts';
import { replies } from './receiver-behaviours.ts';
import type { Peer, ReceiverRow } from './receiver-row.ts';
import { receiverTable } from './receiver-table.ts';

/** Starts what listens at the port of a row: `/` misbehaves, `/healthy` answers with `fine`. */
export const startPeer = async (peer: Peer) => {
  if (peer === 'black hole') return { requests: [], ...(await startBlackHole()) };
  if ('onConnection' in peer) return startFaultyReceiver({}, peer);
  const behaviours = { '/': peer.behaviour, '/healthy': replies(200, 'fine') };
  return startFaultyReceiver(behaviours, peer.tls === undefined ? {} : { tls: peer.tls });
};

/** The URL at which a row is met. */
export const urlOf = ({ is_https, host = '127.0.0.1' }: ReceiverRow, port: number): string =>
  `${is_https ? 'https' : 'http'}://${host}:${port}/`;

/** The name server of all rows. */
export const startDnsOfTable = () =>
  startDnsServer(
    Object.fromEntries(
      receiverTable.flatMap(({ host, dns }) =>
        host === undefined || dns === undefined ? [] : [[host, dns]],
      ),
    ),
  );

/** Only on Linux, a full backlog is a black hole. */
export const isPossibleHere = ({ peer }: ReceiverRow): boolean =>
  peer !== 'black hole' || process.platform === 'linux';
