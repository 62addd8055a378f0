import { expect, test } from 'vitest';
import { setTimeout as delay } from 'node:timers/promises';
import { untilDrained } from '../support/deliveries.ts';
import { preparePostgresNodes } from '../support/postgres-nodes.ts';
import { ownPostgres } from '../support/postgres-server.ts';
import { skipReason } from '../support/programs.ts';
import { startReceiver } from '../support/receiver.ts';
import { ADMIN_KEY, type ServerProcess } from '../support/server-process.ts';

const NODES = 3;
const PER_SECOND = 30;
const SECONDS = 5;
const BURST = 0.25 * PER_SECOND + 1;
/** Requests that a busy machine delays until they arrive with later ones. */
const JITTER = 12;
const reason = skipReason(ownPostgres);

const startNodes = async () => {
  const cluster = await preparePostgresNodes();
  try {
    const nodes = [await cluster.start()];
    while (nodes.length < NODES) nodes.push(await cluster.start());
    // A node counts the others at its next sign of life.
    await delay(5_000);
    return { nodes, [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose]() };
  } catch (error) {
    await cluster[Symbol.asyncDispose]();
    throw error;
  }
};

/** The maximum number of requests within one second. */
const mostPerSecond = (times: readonly number[]): number => {
  let most = 0;
  for (let first = 0, last = 0; last < times.length; last += 1) {
    while (times[last]! - times[first]! >= 1_000) first += 1;
    most = Math.max(most, last - first + 1);
  }
  return most;
};

test.skipIf('missing' in ownPostgres)(
  `three nodes together send a hook no more than its rate limit, and reach it${reason}`,
  { timeout: 120_000 },
  async () => {
    const times: number[] = [];
    await using receiver = await startReceiver(() => {
      times.push(performance.now());
      return { status: 200 };
    });
    await using cluster = await startNodes();
    const [first] = cluster.nodes;
    await first!.call('POST', '/v1/webhooks', {
      url: receiver.origin,
      events: ['*'],
      rate_limit: { count: PER_SECOND, per: 'second' },
    });
    const count = PER_SECOND * 8;
    await Promise.all(
      cluster.nodes.map(async (node) => {
        for (let n = 0; n < count / NODES; n += 1) {
          await node.call('POST', '/v1/events', { type: 'order.created', data: { n } });
        }
      }),
    );
    await untilDrained(first!);
    expect(times).toHaveLength(count);
    const most = mostPerSecond(times);
    const seconds = (times.at(-1)! - times[0]!) / 1_000;
    console.log(
      `a hook at ${PER_SECOND}/s, ${NODES} nodes: at most ${most} within a second, ${(count / seconds).toFixed(1)}/s on average`,
    );
    expect(most).toBeLessThanOrEqual(PER_SECOND + BURST + JITTER);
    expect(count / seconds).toBeLessThanOrEqual((PER_SECOND * (count + BURST)) / count + JITTER / seconds);
    expect(count / seconds).toBeGreaterThan(PER_SECOND * 0.5);
  },
);

/** Offers three times the limit for some seconds, to the nodes in turn. Returns how many events were accepted, in how many seconds. */
const offer = async (
  nodes: readonly ServerProcess[],
  { api_key, ...event }: { readonly api_key: string; readonly tenant?: string },
): Promise<{ readonly count: number; readonly seconds: number }> => {
  const statuses: Promise<number>[] = [];
  const send = async (node: ServerProcess): Promise<number> => {
    const response = await fetch(`${node.url}/v1/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${api_key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ...event, type: 'order.created', data: {} }),
    });
    await response.text();
    return response.status;
  };
  const began_at = performance.now();
  for (let n = 0; n < PER_SECOND * 3 * SECONDS; n += 1) {
    statuses.push(send(nodes[n % nodes.length]!));
    const at = began_at + ((n + 1) * 1_000) / (PER_SECOND * 3);
    await delay(Math.max(0, at - performance.now()));
  }
  const ended = await Promise.all(statuses);
  expect(ended.filter((status) => status !== 202 && status !== 429)).toEqual([]);
  const seconds = (performance.now() - began_at) / 1_000;
  return { count: ended.filter((status) => status === 202).length, seconds };
};

test.skipIf('missing' in ownPostgres)(
  `three nodes together accept no more events of a key or a tenant than their limits, and reach them${reason}`,
  { timeout: 120_000 },
  async () => {
    await using cluster = await startNodes();
    const { nodes } = cluster;
    const limited = { name: 'limited', scope: 'send', events_per_second: PER_SECOND };
    const { body: key } = await nodes[0]!.call('POST', '/v1/api-keys', limited);
    await nodes[0]!.call('POST', '/v1/events', { type: 'order.created', tenant: 'cus_1', data: {} });
    const { status } = await nodes[0]!.call('PATCH', '/v1/tenants/cus_1', {
      limits: { events_per_second: PER_SECOND },
    });
    expect(status).toBe(200);
    // Every node knows the limits.
    await delay(500);
    const accepted = [
      await offer(nodes, { api_key: key.api_key }),
      await offer(nodes, { api_key: ADMIN_KEY, tenant: 'cus_1' }),
    ];
    for (const { count, seconds } of accepted) {
      console.log(
        `${PER_SECOND}/s, ${NODES} nodes: ${count} events of three times as many accepted in ${seconds.toFixed(1)} s`,
      );
      // The events of one second may come at once.
      expect(count).toBeLessThanOrEqual(PER_SECOND * (seconds + 1) * 1.05);
      expect(count).toBeGreaterThan(PER_SECOND * SECONDS * 0.7);
    }
  },
);
