import { setTimeout as delay } from 'node:timers/promises';
import { startReceiver } from './receiver.ts';
import type { ServerProcess } from './server-process.ts';

/** Hooks with one order each, by the path of their URL. */
const orderedHooks = {
  keyed: { ordered: true, order_key: 'sender.key' },
  whole: { ordered: true },
} as const;

const KEYS = 12;

export interface OrderedSent {
  readonly sender: { readonly key: number };
  readonly n: number;
}

export interface OrderedReception {
  /** The hook and the key. */
  readonly order: string;
  readonly n: number;
  readonly status: number;
}

/** A receiver that fails a few requests, and answers some slowly. */
export const startOrderedReceiver = async (roll: () => number) => {
  const receptions: OrderedReception[] = [];
  /** The maximum number of concurrent requests of each order. */
  const most = new Map<string, number>();
  const now = new Map<string, number>();
  const enter = (order: string, by: 1 | -1): void => {
    const count = (now.get(order) ?? 0) + by;
    now.set(order, count);
    most.set(order, Math.max(count, most.get(order) ?? 0));
  };
  const receiver = await startReceiver(async ({ path, body }) => {
    const { data } = JSON.parse(body.toString()) as { readonly data: OrderedSent };
    const name = path.slice(1);
    const order = name === 'whole' ? name : `${name} ${data.sender.key}`;
    enter(order, 1);
    const status = roll() < 0.03 ? 500 : 200;
    receptions.push({ order: `${name} ${data.sender.key}`, n: data.n, status });
    if (roll() < 0.1) await delay(30, null, { ref: false });
    enter(order, -1);
    return { status };
  });
  return { receiver, receptions, most };
};

/** Creates the ordered hooks. */
export const createOrderedHooks = async (server: ServerProcess, origin: string): Promise<void> => {
  for (const [name, order] of Object.entries(orderedHooks)) {
    const hook = { url: `${origin}/${name}`, events: ['load'], ...order };
    const { status } = await server.call('POST', '/v1/webhooks', hook);
    if (status !== 201) throw new Error(`a hook was refused with ${status}`);
  }
};

/**
 * Sends the events of each key one after the other, each after the answer to the one before, to the servers in turn. A
 * server gets at most `per_life` of a key.
 */
export const startOrderedSenders = (servers: () => readonly ServerProcess[], per_life: number) => {
  const acked: OrderedSent[] = [];
  const stopping = new AbortController();
  const run = async (key: number): Promise<void> => {
    const sent_to = new Map<ServerProcess, number>();
    for (let n = 1; !stopping.signal.aborted; n += 1) {
      const open = servers().filter((server) => (sent_to.get(server) ?? 0) < per_life);
      const server = open[n % Math.max(1, open.length)];
      if (server === undefined) {
        await delay(5);
        continue;
      }
      sent_to.set(server, (sent_to.get(server) ?? 0) + 1);
      const data = { sender: { key }, n };
      const answer = await server.call('POST', '/v1/events', { type: 'load', data }).catch(() => null);
      if (answer?.status === 202) acked.push(data);
    }
  };
  const senders = Array.from({ length: KEYS }, (_, key) => run(key));
  return {
    acked,
    stop: async () => {
      stopping.abort();
      await Promise.all(senders);
    },
  };
};

/** The receptions out of order: before the one before them in their order had been accepted. */
export const overtaken = (receptions: readonly OrderedReception[]): readonly string[] =>
  [...Map.groupBy(receptions, ({ order }) => order)].flatMap(([order, own]) =>
    own.flatMap(({ n }, nth) => {
      const before = own[nth - 1];
      if (before === undefined || n > before.n ? before?.status !== 500 : n === before.n) return [];
      return [`${order}: ${n} (after ${before?.n} with ${before?.status})`];
    }),
  );

/** The acknowledged events that a hook has not accepted. */
export const unaccepted = (
  acked: readonly OrderedSent[],
  receptions: readonly OrderedReception[],
): readonly string[] => {
  const accepted = new Set(
    receptions.filter(({ status }) => status === 200).map(({ order, n }) => `${order} ${n}`),
  );
  return acked
    .flatMap(({ sender, n }) => Object.keys(orderedHooks).map((hook) => `${hook} ${sender.key} ${n}`))
    .filter((one) => !accepted.has(one));
};
