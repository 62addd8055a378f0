import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startCountingReceiver } from '../support/counting-receiver.ts';
import { createHooks, lostOf, overlappingHooks, typesOf, untilDrained } from '../support/deliveries.ts';
import { startEventLoad } from '../support/event-load.ts';
import { pgbouncer, startPgBouncer } from '../support/pgbouncer.ts';
import { inTurn, preparePostgresNodes } from '../support/postgres-nodes.ts';
import { ownPostgres } from '../support/postgres-server.ts';
import { skipReason } from '../support/programs.ts';

/** `pnpm experiment P10` runs the full form. */
const SECONDS = Number(process.env['POOLED_SECONDS'] ?? 4);
const PER_SECOND = 100;
const EXIT_MS = 20_000;
const needed = 'missing' in ownPostgres ? ownPostgres : pgbouncer;
const subscriptions = overlappingHooks(8);
const types = typesOf(subscriptions);

/** The modes, each with the time limit for a change to take effect on another node. */
const modes = [
  {
    mode: 'without prepared statements, with a direct URL',
    prepare: 'false',
    is_direct: true,
    heard_ms: 1_500,
  },
  { mode: 'with the defaults', prepare: 'true', is_direct: false, heard_ms: 8_000 },
] as const;

test.skipIf('missing' in needed).each(modes)(
  `two nodes behind PgBouncer in transaction mode, $mode: nothing is lost or sent twice${skipReason(needed)}`,
  { timeout: 120_000 + SECONDS * 3_000 },
  async ({ prepare, is_direct, heard_ms }) => {
    await using receiver = await startCountingReceiver();
    await using cluster = await preparePostgresNodes();
    await using pooler = await startPgBouncer(cluster.database.url);
    const env = {
      BELLWIRE_DATABASE_URL: pooler.url,
      BELLWIRE_DATABASE_PREPARE: prepare,
      BELLWIRE_DATABASE_SCHEMA: 'hooks',
      ...(is_direct ? { BELLWIRE_DATABASE_DIRECT_URL: cluster.database.url } : {}),
    };
    const nodes = [await cluster.start(env)];
    const ids = await createHooks(nodes[0]!, receiver, subscriptions);
    nodes.push(await cluster.start(env));
    await using load = startEventLoad({ url: inTurn(nodes), per_second: PER_SECOND, types });
    await delay(SECONDS * 1_000);
    // On a busy machine, as many events take longer.
    const is_enough = () => load.acked.length > PER_SECOND * SECONDS * 0.8;
    await expect.poll(is_enough, { timeout: SECONDS * 1_000 }).toBe(true);
    await load.stop();
    await untilDrained(nodes[0]!);
    console.log(
      `P10: ${load.acked.length} acked, ${receiver.duplicates().size} duplicates, refused ${JSON.stringify([...load.refusals])}`,
    );
    expect([...load.refusals]).toEqual([]);
    expect(lostOf(load.acked, receiver, subscriptions)).toEqual([]);
    expect(receiver.duplicates().size).toBe(0);

    const paused = await nodes[0]!.call('POST', `/v1/webhooks/${ids.get('h0')}/deactivate`);
    expect(paused.status).toBe(200);
    const held = async () => {
      const { body } = await nodes[1]!.call('POST', '/v1/events', { type: 'load.0', data: { n: 0 } });
      const { data } = (await nodes[1]!.call('GET', `/v1/deliveries?event_id=${body.id}`)).body;
      return data.some(({ status }: { readonly status: string }) => status === 'held');
    };
    await expect.poll(held, { timeout: heard_ms, interval: 100 }).toBe(true);
    for (const node of nodes) {
      node.kill('SIGTERM');
      expect(await node.endsWithin(EXIT_MS)).toEqual({ code: 0, signal: null });
    }
  },
);
