import { Kysely } from 'kysely';
import { expect, test } from 'vitest';
import { migrateToLatest } from '../../packages/server/src/storage/migrations/migrate.ts';
import type { DeliveryFilter } from '../../packages/server/src/ports/repositories.ts';
import type { Schema } from '../../packages/server/src/storage/schema.ts';
import { ConnectionQueue, WITHOUT_RESTS } from '../../packages/server/src/storage/sqlite/connection-queue.ts';
import { openSqlite } from '../../packages/server/src/storage/sqlite/database.ts';
import { sqliteDialect, WriterDriver } from '../../packages/server/src/storage/sqlite/dialect.ts';
import { sqliteSchema } from '../../packages/server/src/storage/sqlite/schema-dialect.ts';
import { createKit, FIRST_PAGE, type Kit, NOW } from './repositories/kit.ts';

/** The repositories over SQLite, whose plans depend on the tables alone: no table is analyzed. */
const openPlanned = async () => {
  const { db: own, raw, close } = openSqlite(':memory:');
  await migrateToLatest(own, sqliteSchema);
  let steps: string[] = [];
  const db = new Kysely<Schema>({
    dialect: sqliteDialect(raw, new WriterDriver(raw, new ConnectionQueue(WITHOUT_RESTS), null)),
    log: ({ query: { sql, parameters } }) => {
      if (/^(?:begin|commit|rollback)/.test(sql)) return;
      const plan = raw.prepare<unknown[], { detail: string }>(`explain query plan ${sql}`);
      steps.push(...plan.all(...parameters).map(({ detail }) => detail));
    },
  });
  /** The steps of the query plan of each statement that `work` runs. */
  const plans = async (work: () => Promise<unknown>): Promise<readonly string[]> => {
    steps = [];
    await work();
    return steps;
  };
  return { kit: createKit({ db }), plans, [Symbol.asyncDispose]: close };
};

type Call = (kit: Kit, hook: { readonly workspace_id: string; readonly hook_id: string }) => Promise<unknown>;

const list =
  (filter: DeliveryFilter): Call =>
  (kit, { workspace_id }) =>
    kit.deliveries.list(workspace_id, filter, FIRST_PAGE);

/** Calls that must not read all deliveries of a workspace, and the index that each needs. */
const CALLS: readonly (readonly [name: string, index: string, call: Call])[] = [
  ['the list of failed deliveries', 'failed', list({ status: 'failed' })],
  ['the deliveries of an event', 'event', list({ event_id: 'evt_1' })],
  ['the failed deliveries of an event', 'event', list({ event_id: 'evt_1', status: 'failed' })],
  [
    'the number of held deliveries of a hook',
    'held',
    (kit, { hook_id }) => kit.deliveries.countHeld(hook_id),
  ],
  [
    'pausing a hook',
    'due',
    (kit, { workspace_id, hook_id }) =>
      kit.hooks.update(workspace_id, hook_id, { status: 'paused', updated_at: NOW }),
  ],
  [
    'removing a hook',
    'held',
    (kit, { workspace_id, hook_id }) => kit.hooks.remove(workspace_id, hook_id, NOW),
  ],
];

/** A range of the primary key that only the workspace bounds. */
const WHOLE_WORKSPACE = /bellwire_deliveries USING PRIMARY KEY \(workspace_id=\?(?: AND id[<>]\?)*\)/;

test.each(CALLS)('%s: reads through its index, not the whole workspace', async (_, index, call) => {
  await using planned = await openPlanned();
  const { kit, plans } = planned;
  const { id, workspace_id } = await kit.hook();
  const steps = await plans(() => call(kit, { workspace_id, hook_id: id }));
  expect(steps.join('\n')).toContain(`bellwire_deliveries_${index} (`);
  expect(steps.filter((step) => WHOLE_WORKSPACE.test(step))).toEqual([]);
  expect(steps.filter((step) => step.startsWith('SCAN bellwire'))).toEqual([]);
});

test('a page of a list is read in the order of its index, without a sort', async () => {
  await using planned = await openPlanned();
  const { kit, plans } = planned;
  const { workspace_id } = await kit.hook();
  const page = { limit: 10, after: 'm' };
  const steps = await plans(async () => {
    await kit.workspaces.list(page);
    await kit.api_keys.list(null, page);
    await kit.audit.list(workspace_id, {}, page);
    await kit.audit.list(workspace_id, { subject: 'a' }, page);
    await kit.event_types.list(workspace_id, page);
    await kit.hooks.list(workspace_id, {}, page);
    for (const filter of [{}, { type: 'a' }, { wire_id: 'a' }]) {
      await kit.events.list(workspace_id, filter, page);
    }
    for (const filter of [{}, { status: 'failed' }, { status: 'held' }, { hook_id: 'a' }] as const) {
      await kit.deliveries.list(workspace_id, filter, page);
    }
  });
  expect(steps.length).toBeGreaterThan(15);
  expect(steps.filter((step) => step.includes('TEMP B-TREE'))).toEqual([]);
});

test('the running erasures are found in their index, whatever the number of completed ones', async () => {
  await using planned = await openPlanned();
  const { kit, plans } = planned;
  for (const read of [() => kit.erasures.running(), () => kit.erasures.countRunning()]) {
    expect((await plans(read)).join('\n')).toContain('bellwire_erasures_running');
  }
});

test('a list of hooks finds the next attempt of each hook in the index of due deliveries', async () => {
  await using planned = await openPlanned();
  const { kit, plans } = planned;
  const { workspace_id } = await kit.hook();
  const steps = await plans(() => kit.hooks.list(workspace_id, {}, FIRST_PAGE));
  expect(steps.join('\n')).toContain('bellwire_deliveries_due (hook_id=? AND next_attempt_at>?)');
  expect(steps.filter((step) => step.startsWith('SCAN bellwire'))).toEqual([]);
  expect(steps.filter((step) => step.includes('TEMP B-TREE'))).toEqual([]);
});

test('the delivery that blocks another is found in the index of orders', async () => {
  await using planned = await openPlanned();
  const { kit, plans } = planned;
  const { workspace_id } = await kit.hook();
  const index = 'bellwire_deliveries_order (hook_id=? AND order_key=? AND order_position<?)';
  const steps = await plans(() => kit.deliveries.list(workspace_id, {}, FIRST_PAGE));
  expect(steps.join('\n')).toContain(index);
  expect((await plans(() => kit.deliveries.get(workspace_id, 'dlv_1'))).join('\n')).toContain(index);
});

test('events are found by metadata and by idempotency key through their indexes', async () => {
  await using planned = await openPlanned();
  const { kit, plans } = planned;
  const { workspace_id } = await kit.hook();
  const page = { limit: 10, after: 'm' };
  const metadata = { order_id: '42' };
  const by_value = 'USING PRIMARY KEY (workspace_id=? AND key=? AND value=? AND event_id<?)';
  const by_key = 'bellwire_events_idempotency (workspace_id=? AND idempotency_key=?)';
  for (const [filter, expected] of [
    [{ metadata }, by_value],
    [{ metadata: { ...metadata, region: 'eu' }, type: 'a' }, by_value],
    [{ idempotency_key: 'k' }, by_key],
    [{ idempotency_key: 'k', tenant: 'cus_1', metadata }, by_key],
  ] as const) {
    const steps = await plans(() => kit.events.list(workspace_id, filter, page));
    expect(steps.join('\n')).toContain(expected);
    expect(steps.filter((step) => /SCAN|TEMP B-TREE|\(workspace_id=\? AND id<\?\)/.test(step))).toEqual([]);
  }
});

test('hooks with the same URL, name or idempotency key are found through their indexes', async () => {
  await using planned = await openPlanned();
  const { kit, plans } = planned;
  const hook = await kit.hook({ tenant: 'cus_1' });
  for (const [call, index] of [
    [() => kit.hooks.twins(hook), 'bellwire_hooks_url (workspace_id=? AND <expr>=? AND <expr>=?)'],
    [() => kit.hooks.twins(hook), 'bellwire_hooks_name (workspace_id=? AND <expr>=? AND name=?)'],
    [
      () => kit.hooks.ofKey(hook, 'k'),
      'bellwire_hooks_idempotency (workspace_id=? AND idempotency_key=? AND <expr>=?)',
    ],
  ] as const) {
    expect((await plans(call)).join('\n')).toContain(index);
  }
});

test('hooks are found by number through the primary key', async () => {
  await using planned = await openPlanned();
  const { kit, plans } = planned;
  const { workspace_id } = await kit.hook();
  const steps = await plans(() => kit.hooks.idsOf(workspace_id, [1, 2]));
  expect(steps).toEqual(['SEARCH bellwire_hooks USING INTEGER PRIMARY KEY (rowid=?)']);
});

test('the hooks of a tenant are listed and counted through their index', async () => {
  await using planned = await openPlanned();
  const { kit, plans } = planned;
  const { workspace_id } = await kit.hook({ tenant: 'cus_1' });
  // The writer's thread accepts events, so a change must not count the hooks of a large tenant there.
  const change = () => kit.tenants.update(workspace_id, 'cus_1', { metadata: {}, now: NOW });
  expect((await plans(change)).join('\n')).not.toContain('bellwire_hooks');
  for (const call of [
    () => kit.hooks.list(workspace_id, { tenant: 'cus_1' }, FIRST_PAGE),
    () => kit.tenants.get(workspace_id, 'cus_1'),
    () => kit.tenants.list(workspace_id, FIRST_PAGE),
  ]) {
    expect((await plans(call)).join('\n')).toMatch(
      /bellwire_hooks_(?:tenant|existing) \(workspace_id=\? AND tenant=\?\)/,
    );
  }
});

const HOUR = 3_600_000;

test('statistics take one step per minute or hour, and never read attempts', async () => {
  await using planned = await openPlanned();
  const { kit, plans } = planned;
  const { workspace_id, id: hook_id } = await kit.hook({ tenant: 'cus_1' });
  const counted = { workspace_id, kind: 'hook', subject: hook_id, start: NOW - (NOW % HOUR) } as const;
  for (const width of [60_000, HOUR]) {
    await kit.db
      .insertInto('bellwire_stats')
      .values({ ...counted, width })
      .execute();
  }
  const range = { from: counted.start, to: counted.start + HOUR, step_ms: HOUR };
  for (const of of [
    { kind: 'hook', workspace_id, hook_id },
    { kind: 'tenant', workspace_id, tenant: 'cus_1' },
    { kind: 'workspace', workspace_id },
  ] as const) {
    await kit.addDelivery({ workspace_id, id: hook_id });
    const steps = await plans(async () => {
      await kit.stats.counts(of, range);
      await kit.stats.backlog(of, NOW);
    });
    const text = steps.join('\n');
    const by_key = 'PRIMARY KEY (width=? AND start=? AND workspace_id=? AND kind=? AND subject=?)';
    expect(text.split(by_key)).toHaveLength(3);
    expect(text).toContain('bellwire_deliveries_due (hook_id=? AND next_attempt_at<?)');
    expect(text).not.toContain('bellwire_attempts');
    expect(steps.filter((step) => /SCAN bellwire|\(workspace_id=\?\)/.test(step))).toEqual([]);
  }
});
