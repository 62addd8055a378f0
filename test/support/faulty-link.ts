import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { portOf } from './port-of.ts';

/**
 * A TCP connection to a server that can be disturbed: `slow` delays each direction, `silent` passes nothing on until it
 * ends, as when a network drops everything, and `cut` resets what is open and refuses the rest.
 */
export type LinkState = 'well' | 'slow' | 'silent' | 'cut';

const SLOW_MS = 100;

export const startFaultyLink = async (target: { readonly hostname: string; readonly port: string }) => {
  const link: { state: LinkState } = { state: 'well' };
  const sockets = new Set<Socket>();
  const waiting: (() => void)[] = [];
  let turns = 0;

  const forward = async (chunk: string | Buffer, to: Socket, before: Promise<void>): Promise<void> => {
    const arrived_at = performance.now();
    await before;
    while (link.state === 'silent') await new Promise<void>((resolve) => waiting.push(resolve));
    const wait_ms = link.state === 'slow' ? arrived_at + SLOW_MS - performance.now() : 0;
    if (wait_ms > 0) await delay(wait_ms);
    if (!to.destroyed) to.write(chunk);
  };

  const pass = (from: Socket, to: Socket): void => {
    let last = Promise.resolve();
    from.on('data', (chunk) => {
      last = forward(chunk, to, last);
    });
    from.on('end', () => void last.then(() => to.end()));
    from.on('error', () => to.destroy());
    from.on('close', () => {
      sockets.delete(from);
      void last.then(() => to.destroy());
    });
  };

  const server = createServer((client) => {
    if (link.state === 'cut') {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect(Number(target.port), target.hostname);
    let has_answered = true;
    client.on('data', () => {
      if (has_answered) turns += 1;
      has_answered = false;
    });
    upstream.on('data', () => (has_answered = true));
    for (const socket of [client, upstream]) sockets.add(socket);
    pass(client, upstream);
    pass(upstream, client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const set = (next: LinkState): void => {
    link.state = next;
    if (next === 'cut') for (const socket of sockets) socket.resetAndDestroy();
    for (const resume of waiting.splice(0)) resume();
  };
  return {
    port: portOf(server),
    set,
    /** The number of round trips: how often a client has sent something after an answer. */
    turns: () => turns,
    [Symbol.asyncDispose]: async () => {
      set('cut');
      server.close();
      await once(server, 'close');
    },
  };
};
