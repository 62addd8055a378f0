import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startCountingReceiver } from '../support/counting-receiver.ts';
import { createHooks, lostOf, overlappingHooks, typesOf, untilDrained } from '../support/deliveries.ts';
import { startEventLoad } from '../support/event-load.ts';
import { startFaultyLink } from '../support/faulty-link.ts';
import { inTurn, preparePostgresNodes } from '../support/postgres-nodes.ts';
import { ownPostgres } from '../support/postgres-server.ts';
import { skipReason } from '../support/programs.ts';

/** `pnpm experiment P4` runs the full form. */
const SILENT_MS = Number(process.env['SILENT_LINK_SECONDS'] ?? 18) * 1_000;
const PER_SECOND = 50;
/** The time limit of a call while the database does not answer: the wait for a connection of the pool is added. */
const ANSWER_MS = 21_000;
const reason = skipReason(ownPostgres);
const subscriptions = overlappingHooks(4);
const types = typesOf(subscriptions);

test.skipIf('missing' in ownPostgres)(
  `a link to the database that is slow, cut or silent: nothing is lost, no call hangs, and deliveries continue${reason}`,
  { timeout: 180_000 + SILENT_MS * 2 },
  async () => {
    await using receiver = await startCountingReceiver();
    await using cluster = await preparePostgresNodes({
      env: { BELLWIRE_RETRY_SCHEDULE: '0,1s,1s,1s,2s,2s' },
    });
    const url = new URL(cluster.database.url);
    await using link = await startFaultyLink(new URL(cluster.database.url));
    url.port = String(link.port);
    const node = await cluster.start({ BELLWIRE_DATABASE_URL: url.href });
    await createHooks(node, receiver, subscriptions);
    await using load = startEventLoad({ url: inTurn([node]), per_second: PER_SECOND, types });
    await delay(2_000);
    const back_ms: Record<string, number> = {};
    for (const state of ['slow', 'cut', 'silent'] as const) {
      link.set(state);
      if (state === 'silent') {
        const asked_at = Date.now();
        const { status } = await node.call('GET', '/v1/webhooks');
        expect(status).toBe(503);
        expect(Date.now() - asked_at).toBeLessThan(ANSWER_MS);
        await delay(Math.max(0, SILENT_MS - (Date.now() - asked_at)));
      } else {
        await delay(3_000);
      }
      if (state === 'cut') {
        expect((await node.call('POST', '/v1/events', { type: 'none', data: {} })).status).toBe(503);
      }
      const before = receiver.receptions.length;
      const healed_at = Date.now();
      link.set('well');
      await expect
        .poll(() => receiver.receptions.length, { timeout: 20_000, interval: 20 })
        .toBeGreaterThan(before + 20);
      back_ms[state] = Date.now() - healed_at;
    }
    await load.stop();
    await untilDrained(node);
    console.log(
      `P4: ${load.acked.length} acked, ${lostOf(load.acked, receiver, subscriptions).length} lost, ${receiver.duplicates().size} duplicates, ` +
        `deliveries again after ${JSON.stringify(back_ms)} ms, refused ${JSON.stringify([...load.refusals])}`,
    );
    expect(lostOf(load.acked, receiver, subscriptions)).toEqual([]);
    expect(Math.max(...Object.values(back_ms))).toBeLessThan(5_000);
  },
);
