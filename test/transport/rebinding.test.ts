import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { type DnsScript, startDnsServer } from '../support/dns-server.ts';
import { listenAt } from '../support/listen-at.ts';
import { createSeededRandom } from '../support/seeded-random.ts';
import { connectionIsIdle, createTransportHarness } from '../support/transport-harness.ts';
import { watchDials } from '../support/watch-dials.ts';

// The full form is `pnpm experiment X2`.
const NAMES = Number(process.env['REBIND_NAMES'] ?? 60);
const REQUESTS = 4;

const ALLOWED = '127.0.0.2';
const FORBIDDEN_V4 = ['127.0.0.1', '127.0.0.3'];
const FORBIDDEN_V6 = ['::1', '::ffff:7f00:1'];
const dials = watchDials();

const oneOf = <T>(roll: () => number, list: readonly T[]): T => list[Math.floor(roll() * list.length)]!;

/** The first answer has only the allowed address; each later one has a forbidden one, of IPv4 or IPv6, alone or not. */
const rebinding =
  (roll: () => number): DnsScript =>
  (type, nth) => {
    if (nth === 1) return { addresses: type === 'A' ? [ALLOWED] : [] };
    // Both families of a lookup have the same number.
    const is_v6 = nth % 2 === 0;
    if (type === 'AAAA') return { addresses: is_v6 ? [oneOf(roll, FORBIDDEN_V6)] : [] };
    if (is_v6) return { addresses: oneOf(roll, [[], [ALLOWED]]) };
    const forbidden = oneOf(roll, FORBIDDEN_V4);
    return { addresses: oneOf(roll, [[forbidden], [ALLOWED, forbidden], [forbidden, ALLOWED]]) };
  };

/** Keeps a connection, ends it after the answer, or drops it when it is used again, so that the request is sent twice. */
const unreliable = (roll: () => number) => {
  const used = new WeakSet<Socket>();
  return (request: IncomingMessage, response: ServerResponse): void => {
    if (used.has(request.socket) && roll() < 0.5) {
      request.socket.destroy();
      return;
    }
    used.add(request.socket);
    if (roll() < 0.3) response.setHeader('connection', 'close');
    response.end('ok');
  };
};

it('no name reaches a forbidden address by changing its answers: after a closed or dropped connection, on a second try, or among allowed ones', async () => {
  const { roll: random } = createSeededRandom(15);
  const names = Array.from({ length: NAMES }, (_, n) => `n${n}.example.com`);
  await using dns = await startDnsServer(Object.fromEntries(names.map((name) => [name, rebinding(random)])));
  await using receiver = await listenAt(ALLOWED, unreliable(random));
  await using trap = await listenAt('127.0.0.1', (_, response) => response.end(), receiver.port);
  await using harness = createTransportHarness({ dns, allow_networks: [`${ALLOWED}/32`] });
  const counts = new Map<string, number>();
  const dialled = await dials.during(async () => {
    for (const name of names) {
      for (let nth = 0; nth < REQUESTS; nth += 1) {
        const { outcome } = await harness.send(`http://${name}:${receiver.port}/`);
        counts.set(outcome.kind, (counts.get(outcome.kind) ?? 0) + 1);
        if (nth === 0) expect(outcome, name).toEqual({ kind: 'succeeded' });
        await connectionIsIdle();
      }
    }
  });
  expect(new Set(dialled)).toEqual(new Set([ALLOWED]));
  expect(trap.connections()).toBe(0);
  expect([...counts.keys()].toSorted()).toEqual(['address_blocked', 'succeeded']);
  // Each name is dialled once; after that, none of its answers is clean.
  expect([dialled.length, dns.questions.length > 2 * NAMES]).toEqual([NAMES, true]);
});
