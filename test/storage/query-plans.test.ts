import { Kysely } from 'kysely';
import { expect, test } from 'vitest';
import { migrateToLatest } from '../../packages/server/src/storage/migrations/migrate.ts';
import type { Schema } from '../../packages/server/src/storage/schema.ts';
import { openSqlite } from '../../packages/server/src/storage/sqlite/database.ts';
import { sqliteDialect } from '../../packages/server/src/storage/sqlite/dialect.ts';
import { sqliteSchema } from '../../packages/server/src/storage/sqlite/schema-dialect.ts';
import { createKit, FIRST_PAGE, type Kit, NOW } from './repositories/kit.ts';

interface PlannedKit extends AsyncDisposable {
  readonly kit: Kit;
  /** How SQLite finds the rows of each statement that `work` runs: one line a step. */
  readonly plans: (work: () => Promise<unknown>) => Promise<readonly string[]>;
}

/** The repositories over SQLite, whose plans depend on the tables alone: nothing is analyzed. */
const openPlanned = async (): Promise<PlannedKit> => {
  const { db: own, raw, close } = openSqlite(':memory:');
  await migrateToLatest(own, sqliteSchema);
  let steps: string[] = [];
  const db = new Kysely<Schema>({
    dialect: sqliteDialect(raw),
    log: ({ query: { sql, parameters } }) => {
      if (/^(?:begin|commit|rollback)/.test(sql)) return;
      const plan = raw.prepare<unknown[], { detail: string }>(`explain query plan ${sql}`);
      steps.push(...plan.all(...parameters).map(({ detail }) => detail));
    },
  });
  const plans: PlannedKit['plans'] = async (work) => {
    steps = [];
    await work();
    return steps;
  };
  return { kit: createKit(db), plans, [Symbol.asyncDispose]: close };
};

const RANGE = { since: 0, until: NOW + 1 };
const SLICE = { after: null, limit: 10, now: NOW };

/** Calls that must not read all deliveries of a workspace, and the index that each needs. */
const CALLS: readonly {
  readonly name: string;
  readonly index: string;
  readonly call: (kit: Kit, workspace_id: string, hook_id: string) => Promise<unknown>;
}[] = [
  {
    name: 'the list of failed deliveries',
    index: 'bellwire_deliveries_failed',
    call: (kit, workspace_id) => kit.deliveries.list(workspace_id, { status: 'failed' }, FIRST_PAGE),
  },
  {
    name: 'the deliveries of an event',
    index: 'bellwire_deliveries_event',
    call: (kit, workspace_id) => kit.deliveries.list(workspace_id, { event_id: 'evt_1' }, FIRST_PAGE),
  },
  {
    name: 'the failed deliveries of an event',
    index: 'bellwire_deliveries_event',
    call: (kit, workspace_id) =>
      kit.deliveries.list(workspace_id, { event_id: 'evt_1', status: 'failed' }, FIRST_PAGE),
  },
  ...(['failed', 'held'] as const).flatMap((status) => [
    {
      name: `the count of ${status} deliveries to send again`,
      index: `bellwire_deliveries_${status}`,
      call: (kit: Kit, workspace_id: string, hook_id: string) =>
        kit.replay.count({ workspace_id, hook_id, ...RANGE }, status),
    },
    {
      name: `sending ${status} deliveries again`,
      index: `bellwire_deliveries_${status}`,
      call: (kit: Kit, workspace_id: string, hook_id: string) =>
        kit.replay.resend({ workspace_id, hook_id, ...RANGE }, status, SLICE),
    },
  ]),
  {
    name: 'the count of failed deliveries of every hook',
    index: 'bellwire_deliveries_failed',
    call: (kit, workspace_id) => kit.replay.count({ workspace_id, hook_id: null, ...RANGE }, 'failed'),
  },
  {
    name: 'switching a hook off',
    index: 'bellwire_deliveries_due',
    call: (kit, workspace_id, hook_id) =>
      kit.hooks.update(workspace_id, hook_id, { status: 'paused', updated_at: NOW }),
  },
  {
    name: 'removing a hook',
    index: 'bellwire_deliveries_held',
    call: (kit, workspace_id, hook_id) => kit.hooks.remove(workspace_id, hook_id, NOW),
  },
];

/** A range of the primary key without a bound but the workspace. */
const WHOLE_WORKSPACE = /bellwire_deliveries USING PRIMARY KEY \(workspace_id=\?(?: AND id[<>]\?)*\)/;

test.each(CALLS)('$name: reads what its index names, not the whole workspace', async ({ index, call }) => {
  await using planned = await openPlanned();
  const { kit, plans } = planned;
  const { id, workspace_id } = await kit.hook();
  const steps = await plans(() => call(kit, workspace_id, id));
  expect(steps.join('\n')).toContain(`${index} (`);
  expect(steps.filter((step) => WHOLE_WORKSPACE.test(step))).toEqual([]);
  expect(steps.filter((step) => step.startsWith('SCAN bellwire'))).toEqual([]);
});

test('a page of a list is read in the order of its index and never sorted', async () => {
  await using planned = await openPlanned();
  const { kit, plans } = planned;
  const { workspace_id } = await kit.hook();
  const page = { limit: 10, after: 'm' };
  const steps = await plans(async () => {
    await kit.workspaces.list(page);
    await kit.api_keys.list(null, page);
    await kit.audit.list(workspace_id, page);
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
