import { createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { createHook, eventsFor, urlOf } from '../event-load.ts';
import { openLoop } from '../load.ts';
import { measure, type Pair, withPair } from '../pair.ts';
import type { Row, Scenario } from '../scenario.ts';

const RATE = 300;
/** Of every 100 hooks. */
const BAD_SHARE = 3;
const AT_ONCE = 16;

/** Accepts connections and never answers. */
const startHanging = async (): Promise<AsyncDisposable & { readonly port: number }> => {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined).on('close', () => sockets.delete(socket)));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await once(server.close(), 'close');
    },
  };
};

const createMany = async (
  { server, receiver }: Pair,
  { hooks, bad, hanging }: { readonly hooks: number; readonly bad: number; readonly hanging: number },
): Promise<void> => {
  let next = 0;
  const create = async (): Promise<void> => {
    while (next < hooks) {
      const n = next++;
      const origin = n < bad ? `http://127.0.0.1:${hanging}` : urlOf(receiver);
      await createHook(server, { url: `${origin}/hook/${n}`, events: [`bench.n${n}`] });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, create));
};

interface Sizes {
  readonly hooks: number;
  readonly bad: number;
  readonly seconds: number;
}

/** Healthy hooks in rotation are measured. Each bad one gets its share of events in a load of its own beside them. */
const runWith = async (folder: string, { hooks, bad, seconds }: Sizes): Promise<Row> => {
  await using hanging = await startHanging();
  return withPair(
    folder,
    async (pair) => {
      await createMany(pair, { hooks, bad, hanging: hanging.port });
      const events = eventsFor(pair.server);
      const named = (n: number, hook: number): string =>
        events.body(n).replace(/bench\.n\d+/, `bench.n${hook}`);
      const healthy = { ...events, body: (n: number) => named(n, bad + (n % (hooks - bad))) };
      const hung = { ...events, body: (n: number) => named(n, n % bad) };
      const bad_rate = Math.max(1, Math.round((RATE * BAD_SHARE) / 100));
      await openLoop(healthy, RATE, 2);
      await wait(500);
      const beside = bad === 0 ? Promise.resolve(null) : openLoop(hung, bad_rate, seconds);
      const row = await measure(pair, {
        label: `${hooks} hooks, ${bad} of them hang`,
        send: () => openLoop(healthy, RATE, seconds),
      });
      await beside;
      return row;
    },
    `bad-${bad}.db`,
  );
};

export const badHooks: Scenario = {
  id: 'bad-hooks',
  about: `${RATE}/s to healthy hooks among hundreds that never answer, and without these (10,000 hooks, 300 bad with --full).`,
  run: async ({ folder, full }) => {
    const sizes = { hooks: full ? 10_000 : 2_000, seconds: full ? 30 : 8 };
    const bad = (sizes.hooks * BAD_SHARE) / 100;
    return [await runWith(folder, { ...sizes, bad: 0 }), await runWith(folder, { ...sizes, bad })];
  },
};
