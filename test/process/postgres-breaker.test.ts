import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { untilDrained } from '../support/deliveries.ts';
import { preparePostgresNodes } from '../support/postgres-nodes.ts';
import { ownPostgres } from '../support/postgres-server.ts';
import { skipReason } from '../support/programs.ts';
import { startReceiver } from '../support/receiver.ts';
import type { ServerProcess } from '../support/server-process.ts';

/** Failures in a row that open a breaker. */
const STREAK = 10;
/** The default of `hook_concurrency`, shared by the nodes. */
const SLOTS_OF_A_HOOK = 8;
/** How long it is open first: the delay of the failed delivery. The second interval is twice as long. */
const INTERVAL_MS = 6_000;
const WAITING = 30;
const reason = skipReason(ownPostgres);

const send = async (server: ServerProcess): Promise<void> => {
  const { status } = await server.call('POST', '/v1/events', { type: 'order.created', data: { n: 1 } });
  if (status !== 202) throw new Error(`an event was refused with ${status}`);
};

const breakerOn = async (server: ServerProcess) =>
  (await server.call('GET', '/v1/webhooks')).body.data[0].breaker;

test.skipIf('missing' in ownPostgres).each([2, 3])(
  `a breaker that opens on one of %i nodes is open on all; each probe is one delivery of all nodes${reason}`,
  { timeout: 180_000 },
  async (count) => {
    const state = { is_well: false, now: 0, most: 0 };
    const requests: { readonly at: number; readonly is_well: boolean }[] = [];
    await using receiver = await startReceiver(async () => {
      const { is_well } = state;
      requests.push({ at: Date.now(), is_well });
      state.now += 1;
      if (is_well) state.most = Math.max(state.most, state.now);
      // Longer than a cluster that sends more than one probe takes to do so.
      await delay(is_well ? 20 : 300, null, { ref: false });
      state.now -= 1;
      return { status: is_well ? 200 : 500 };
    });
    await using cluster = await preparePostgresNodes({
      env: { BELLWIRE_RETRY_SCHEDULE: `0,${INTERVAL_MS / 1_000}s,1h,1h` },
    });
    const nodes = [await cluster.start()];
    await nodes[0]!.call('POST', '/v1/webhooks', { url: receiver.origin, events: ['*'] });
    while (nodes.length < count) nodes.push(await cluster.start());
    // A new node uses its share once the others have seen it.
    await delay(5_000);
    // Every node knows the hook, and that it is well.
    state.is_well = true;
    await Promise.all(nodes.map(send));
    await untilDrained(nodes[0]!);
    state.is_well = false;
    const healthy = requests.length;

    // One node alone finds out.
    while ((await breakerOn(nodes[0]!)).state === 'closed') {
      await send(nodes[0]!);
      expect(requests.length).toBeLessThan(healthy + 100);
      await delay(20);
    }
    const { next_probe_at } = await breakerOn(nodes[0]!);
    // A notice takes milliseconds.
    await delay(500);
    const opened = requests.length;
    expect(opened - healthy).toBeLessThanOrEqual(STREAK + SLOTS_OF_A_HOOK);
    await Promise.all(Array.from({ length: WAITING }, (_, n) => send(nodes[n % count]!)));
    for (const node of nodes) expect(await breakerOn(node)).toMatchObject({ state: 'open', next_probe_at });
    await delay(Math.max(0, Date.parse(next_probe_at) - Date.now() - 300));
    expect(requests.length, 'nothing is sent while it is open').toBe(opened);

    // The first probe fails.
    await expect.poll(() => requests.length, { timeout: 5_000, interval: 10 }).toBe(opened + 1);
    await delay(INTERVAL_MS);
    expect(requests.length, 'one probe of all nodes').toBe(opened + 1);

    // The second one succeeds: then sending ramps up on every node.
    state.is_well = true;
    await expect.poll(() => requests.length, { timeout: 15_000, interval: 5 }).toBeGreaterThan(opened + 1);
    await untilDrained(nodes[0]!);
    await expect.poll(async () => (await breakerOn(nodes[0]!)).state, { timeout: 10_000 }).toBe('closed');
    expect(state.most).toBeLessThanOrEqual(SLOTS_OF_A_HOOK);
    // No node holds it back any longer.
    for (const node of nodes) {
      const before = requests.length;
      await send(node);
      await expect.poll(() => requests.length, { timeout: 2_000 }).toBe(before + 1);
    }
  },
);
