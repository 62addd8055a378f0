import { expect } from 'vitest';
import { type Acked } from './event-load.ts';
import { type CountingReceiver, deliveryKey } from './counting-receiver.ts';
import type { ServerProcess } from './server-process.ts';

/** The event types of each hook, by the hook's name. */
export type Subscriptions = ReadonlyMap<string, readonly string[]>;

/** `count` hooks and event types; each type goes to two of the hooks. */
export const overlappingHooks = (count: number): Subscriptions =>
  new Map(
    Array.from({ length: count }, (_, index) => [
      `h${index}`,
      [`load.${index}`, `load.${(index + 1) % count}`],
    ]),
  );

export const typesOf = (subscriptions: Subscriptions): readonly string[] => [
  ...new Set([...subscriptions.values()].flat()),
];

/** Creates the hooks; returns their ids by name. */
export const createHooks = async (
  server: ServerProcess,
  receiver: CountingReceiver,
  subscriptions: Subscriptions,
): Promise<ReadonlyMap<string, string>> => {
  const ids = new Map<string, string>();
  for (const [name, events] of subscriptions) {
    const { status, body } = await server.call('POST', '/v1/webhooks', { url: receiver.urlOf(name), events });
    expect(status).toBe(201);
    ids.set(name, String(body.id));
  }
  return ids;
};

/** Resolves when no delivery is pending or in flight. */
export const untilDrained = async (
  server: ServerProcess,
  { timeout_ms = 60_000 }: { readonly timeout_ms?: number } = {},
): Promise<void> => {
  const isEmpty = async (status: string): Promise<boolean> => {
    const { body } = await server.call('GET', `/v1/deliveries?status=${status}&limit=1`);
    return body.data.length === 0;
  };
  // While it looks, leases of a dead node can be released, and their deliveries leased again.
  const isDrained = async () => {
    for (const status of ['pending', 'sending', 'pending', 'sending'])
      if (!(await isEmpty(status))) return false;
    return true;
  };
  await expect.poll(isDrained, { timeout: timeout_ms, interval: 100 }).toBe(true);
};

/** The deliveries of acknowledged events that the receiver did not answer with 2xx. */
export const lostOf = (
  acked: readonly Acked[],
  receiver: CountingReceiver,
  subscriptions: Subscriptions,
): readonly string[] => {
  const arrived = new Set(
    receiver.receptions
      .filter(({ status }) => status < 300)
      .map(({ event_id, hook }) => deliveryKey(event_id, hook)),
  );
  return acked.flatMap(({ event_id, type }) =>
    [...subscriptions]
      .filter(([, types]) => types.includes(type))
      .map(([hook]) => deliveryKey(event_id, hook))
      .filter((key) => !arrived.has(key)),
  );
};

/** The deliveries with these keys and what the server says of the deliveries of their events. */
export const statesOf = (server: ServerProcess, keys: readonly string[]): Promise<readonly string[]> =>
  Promise.all(
    keys.map(async (key) => {
      const { body } = await server.call('GET', `/v1/deliveries?event_id=${key.split(' ')[0]}`);
      return `${key}: ${JSON.stringify(body.data)}`;
    }),
  );
