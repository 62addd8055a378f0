import type { Selectable } from 'kysely';
import { expect } from 'vitest';
import type { NewAuditEntry } from '../../../packages/server/src/ports/audits.ts';
import type { Erasure } from '../../../packages/server/src/ports/erasures.ts';
import type { Schema } from '../../../packages/server/src/storage/schema.ts';
import { auditEntry } from './audit.ts';
import { type Check, FIRST_PAGE, type Kit, NOW } from './kit.ts';

type StatsRow = Selectable<Schema['bellwire_stats']>;

const LATER = NOW + 60_000;

const newErasure = (kit: Kit, workspace_id: string, tenant: string | null) => ({
  id: kit.ids('ers'),
  workspace_id,
  tenant,
  created_at: NOW,
});

/** Advances a job until it waits for the scrub; what the sweep does happens in between. */
const run = async (kit: Kit, { id }: Pick<Erasure, 'id'>, limit = 3): Promise<Erasure> => {
  for (let slice = 0; slice < 200; slice += 1) {
    const erasure = (await kit.erasures.get(id))!;
    if (erasure.phase === 'scrub') return erasure;
    if ((await kit.erasures.advance(erasure, { limit, now: LATER })) === 'waiting') {
      await kit.db.updateTable('bellwire_hooks').set({ stopping: null }).execute();
    }
  }
  throw new Error('the erasure does not end');
};

const TABLES = [
  'bellwire_hooks',
  'bellwire_secrets',
  'bellwire_events',
  'bellwire_wire_ids',
  'bellwire_event_metadata',
  'bellwire_fan_outs',
  'bellwire_deliveries',
  'bellwire_attempts',
  'bellwire_request_bodies',
  'bellwire_recoveries',
  'bellwire_stats',
] as const;

/** The number of rows of each table. */
const counts = async (kit: Kit) => {
  const all: Record<string, number> = {};
  for (const table of TABLES) {
    const { count } = await kit.db
      .selectFrom(table)
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow();
    all[table.slice('bellwire_'.length)] = count;
  }
  return all;
};

const addRecovery = (
  kit: Kit,
  workspace_id: string,
  covered: { readonly hook_id: string | null; readonly tenant: string | null },
) =>
  kit.recoveries.create({
    id: kit.ids('rcv'),
    workspace_id,
    kind: 'recover',
    filter: {
      delivery_ids: null,
      event_type: null,
      outcome: null,
      since: 0,
      until: NOW,
      statuses: ['failed'],
      ...covered,
    },
    owner: null,
    created_at: NOW,
  });

/** One row of each kind that belongs to a tenant. */
const addAll = async (kit: Kit, workspace_id: string, tenant: string | null): Promise<void> => {
  const secret = { id: kit.ids('sec'), value: 'a secret' };
  const hook = await kit.addHook(workspace_id, { tenant, secret });
  const event = await kit.addEvent(workspace_id, { id: kit.ids('evt'), tenant });
  const delivery_id = await kit.addDelivery(hook, { event_id: event.id, tenant });
  await kit.db
    .insertInto('bellwire_attempts')
    .values({
      id: kit.ids('att'),
      workspace_id,
      delivery_id,
      hook_id: hook.id,
      number: 1,
      trigger: 'scheduled',
      outcome: 'succeeded',
      outcome_detail: null,
      started_at: NOW,
      duration_ms: 1,
      timings: null,
      remote_address: null,
      request_method: null,
      request_url: null,
      request_headers: null,
      request_body: null,
      response_status: 200,
      response_headers: null,
      response_body: null,
      response_truncated: 0,
    })
    .execute();
  const body = { event_id: event.id, hash: 'hash', body: 'large' };
  await kit.db.insertInto('bellwire_request_bodies').values(body).execute();
  const wire = { workspace_id, wire_id: `wire ${event.id}`, event_id: event.id };
  await kit.db.insertInto('bellwire_wire_ids').values(wire).execute();
  const metadata = { workspace_id, key: 'order_id', value: '42', event_id: event.id };
  await kit.db.insertInto('bellwire_event_metadata').values(metadata).execute();
  const rest = { workspace_id, event_id: event.id, position: 0, hook_ids: '[]' };
  await kit.db.insertInto('bellwire_fan_outs').values(rest).execute();
  await addRecovery(kit, workspace_id, { hook_id: hook.id, tenant });
  const counted = { width: 60_000, start: NOW, workspace_id, kind: 'hook', subject: hook.id } as const;
  await kit.db.insertInto('bellwire_stats').values(counted).execute();
  if (tenant !== null) await kit.tenants.update(workspace_id, tenant, { now: NOW });
};

const once = Object.fromEntries(TABLES.map((table) => [table.slice('bellwire_'.length), 1]));
const times = (factor: number) =>
  Object.fromEntries(Object.entries(once).map(([table, count]) => [table, count * factor]));

const ofTenant = (check: Check): void => {
  check('the erasure of a tenant deletes everything of it, and nothing of others', async (kit) => {
    const [workspace_id, other] = await kit.addWorkspaces();
    for (let n = 0; n < 4; n += 1) await addAll(kit, workspace_id, 'cus_1');
    await addRecovery(kit, workspace_id, { hook_id: null, tenant: 'cus_1' });
    for (const tenant of ['cus_2', null]) await addAll(kit, workspace_id, tenant);
    await addAll(kit, other, 'cus_1');
    const erasure = (await kit.erasures.createForTenant(newErasure(kit, workspace_id, 'cus_1')))!;
    expect(await kit.tenants.get(workspace_id, 'cus_1')).toBe(null);
    const { tally } = await run(kit, erasure);
    expect(tally).toEqual({ hooks: 4, events: 4, deliveries: 4 });
    expect(await counts(kit)).toEqual(times(3));
    expect((await kit.arrange.events(workspace_id)).map(({ tenant }) => tenant)).toEqual(['cus_2', null]);
    expect(await kit.tenants.get(workspace_id, 'cus_2')).not.toBe(null);
    expect(await kit.tenants.get(other, 'cus_1')).not.toBe(null);
  });

  check(
    'the statistics of a tenant are deleted at all times, and those of the workspace are kept',
    async (kit) => {
      const [workspace_id, other] = await kit.addWorkspaces();
      const add = (row: Partial<StatsRow>) =>
        kit.db
          .insertInto('bellwire_stats')
          .values({ width: 60_000, start: NOW, workspace_id, kind: 'tenant', subject: 'cus_1', ...row })
          .execute();
      await kit.tenants.update(workspace_id, 'cus_1', { now: NOW });
      // More than a slice examines, of several times; the last of an attempt that was in progress.
      for (let n = 0; n < 40; n += 1) await add({ start: NOW - n });
      await add({ width: 3_600_000, start: 0 });
      await add({ start: LATER });
      const kept: readonly Partial<StatsRow>[] = [
        { subject: 'cus_2' },
        { kind: 'workspace', subject: workspace_id },
        { kind: 'hook', subject: 'cus_1' },
        { workspace_id: other },
      ];
      for (const row of kept) await add(row);
      await run(kit, (await kit.erasures.createForTenant(newErasure(kit, workspace_id, 'cus_1')))!);
      expect(await counts(kit)).toMatchObject({ stats: kept.length });
    },
  );

  check('a tenant that exists again keeps the statistics since the erasure', async (kit) => {
    const [workspace_id] = await kit.addWorkspaces();
    await kit.tenants.update(workspace_id, 'cus_1', { now: NOW });
    const erasure = (await kit.erasures.createForTenant(newErasure(kit, workspace_id, 'cus_1')))!;
    await kit.tenants.update(workspace_id, 'cus_1', { now: LATER });
    const row = { width: 60_000, workspace_id, kind: 'tenant', subject: 'cus_1' } as const;
    for (const start of [NOW - 1, NOW, LATER]) {
      await kit.db
        .insertInto('bellwire_stats')
        .values({ ...row, start })
        .execute();
    }
    await run(kit, erasure);
    expect(await kit.db.selectFrom('bellwire_stats').select('start').execute()).toEqual([{ start: LATER }]);
  });

  check('what is created after the call is kept', async (kit) => {
    const [workspace_id] = await kit.addWorkspaces();
    await addAll(kit, workspace_id, 'cus_1');
    const erasure = (await kit.erasures.createForTenant(newErasure(kit, workspace_id, 'cus_1')))!;
    await addAll(kit, workspace_id, 'cus_1');
    await run(kit, erasure);
    expect(await counts(kit)).toEqual(times(1));
    expect(await kit.tenants.get(workspace_id, 'cus_1')).not.toBe(null);
  });

  check('an event that is committed behind the walk is deleted too', async (kit) => {
    const [workspace_id] = await kit.addWorkspaces();
    const late = kit.ids('evt');
    for (let n = 0; n < 4; n += 1) await addAll(kit, workspace_id, 'cus_1');
    const erasure = (await kit.erasures.createForTenant(newErasure(kit, workspace_id, 'cus_1')))!;
    while ((await kit.erasures.get(erasure.id))!.tally.events === 0) {
      const current = (await kit.erasures.get(erasure.id))!;
      await kit.erasures.advance(current, { limit: 3, now: LATER });
    }
    await kit.addEvent(workspace_id, { id: late, tenant: 'cus_1' });
    await run(kit, erasure);
    expect(await kit.arrange.events()).toEqual([]);
  });

  check('an event with more deliveries than a slice is deleted in several', async (kit) => {
    const [workspace_id] = await kit.addWorkspaces();
    await kit.tenants.update(workspace_id, 'cus_1', { now: NOW });
    const hook = await kit.addHook(workspace_id, { tenant: '*' });
    const { id: event_id } = await kit.addEvent(workspace_id, { tenant: 'cus_1' });
    for (let n = 0; n < 10; n += 1) await kit.addDelivery(hook, { event_id, tenant: 'cus_1' });
    const erasure = (await kit.erasures.createForTenant(newErasure(kit, workspace_id, 'cus_1')))!;
    expect((await run(kit, erasure)).tally).toEqual({ hooks: 0, events: 1, deliveries: 10 });
    expect(await counts(kit)).toMatchObject({ events: 0, deliveries: 0, hooks: 1 });
  });

  check(
    'audit entries about what is erased keep who, when, what and its id, and lose their fields',
    async (kit) => {
      const [workspace_id, other] = await kit.addWorkspaces();
      const { id: hook_id } = await kit.addHook(workspace_id, { tenant: 'cus_1' });
      await kit.tenants.update(workspace_id, 'cus_1', { now: NOW });
      const add = (differences: Partial<NewAuditEntry>) =>
        kit.audit.add(auditEntry({ id: kit.ids('aud'), workspace_id, tenant: 'cus_1', ...differences }));
      for (let n = 0; n < 8; n += 1) await add({ subject: 'wh_gone' });
      await add({ subject: 'wh_kept', tenant: 'cus_2' });
      await add({ subject: 'wh_kept', tenant: null });
      await add({ subject: 'wh_kept', workspace_id: other });
      const erasure = (await kit.erasures.createForTenant(newErasure(kit, workspace_id, 'cus_1')))!;
      // Committed by calls that began before, or about the tenant that is created again.
      await add({ subject: hook_id });
      await add({ subject: 'wh_new' });
      await run(kit, erasure);
      const { data } = await kit.audit.list(workspace_id, {}, FIRST_PAGE);
      const { before, after, by, at, action } = auditEntry();
      for (const entry of data) {
        const is_stripped = ['wh_gone', hook_id].includes(entry.subject);
        const fields = is_stripped ? { before: null, after: null } : { before, after };
        expect(entry).toMatchObject({ by, at, action, ...fields });
      }
      expect(data).toHaveLength(12);
      expect((await kit.audit.list(other, {}, FIRST_PAGE)).data).toMatchObject([{ before, after }]);
    },
  );

  check('an unknown tenant has no erasure', async (kit) => {
    const [workspace_id] = await kit.addWorkspaces();
    expect(await kit.erasures.createForTenant(newErasure(kit, workspace_id, 'cus_1'))).toBe(null);
    expect(await kit.erasures.running()).toEqual([]);
  });
};

/** Uses that forbid the deletion of a workspace without force. */
const USES: Readonly<Record<string, (kit: Kit, workspace_id: string) => Promise<unknown>>> = {
  'an event': (kit, workspace_id) => kit.addEvent(workspace_id),
  'a hook': (kit, workspace_id) => kit.addHook(workspace_id),
  'an API key': (kit, workspace_id) =>
    kit.api_keys.create(
      {
        id: 'key_1',
        workspace_id,
        name: 'CI',
        scope: 'send',
        hint: '…',
        events_per_second: null,
        created_at: NOW,
        expires_at: null,
        last_used_at: null,
      },
      'hash',
    ),
};

const ofWorkspace = (check: Check): void => {
  for (const [use, add] of Object.entries(USES)) {
    check(`a workspace with ${use} is deleted only by force`, async (kit) => {
      const [used, unused] = await kit.addWorkspaces();
      await add(kit, used);
      expect(await kit.erasures.createForWorkspace(newErasure(kit, used, null), false)).toBe('in_use');
      expect(await kit.workspaces.get(used)).toMatchObject({ id: used });
      const erasures = [
        await kit.erasures.createForWorkspace(newErasure(kit, unused, null), false),
        await kit.erasures.createForWorkspace(newErasure(kit, used, null), true),
      ] as readonly Erasure[];
      for (const erasure of erasures) await run(kit, erasure);
      expect(await kit.db.selectFrom('bellwire_workspaces').select('id').execute()).toEqual([]);
      expect(await kit.api_keys.any()).toBe(false);
    });
  }

  check('the tenants of a deleted workspace are deleted in slices', async (kit) => {
    const [workspace_id] = await kit.addWorkspaces();
    for (let n = 0; n < 10; n += 1) await kit.tenants.update(workspace_id, `cus_${n}`, { now: NOW });
    const created = await kit.erasures.createForWorkspace(newErasure(kit, workspace_id, null), true);
    const { id } = created as Erasure;
    const left = [10];
    while ((await kit.erasures.get(id))!.phase !== 'scrub') {
      await kit.erasures.advance((await kit.erasures.get(id))!, { limit: 4, now: LATER });
      left.push(await kit.rowsOf('bellwire_tenants', workspace_id));
    }
    expect(left.at(-1)).toBe(0);
    expect(Math.max(...left.map((count, index) => (left[index - 1] ?? count) - count))).toBe(4);
  });

  check('a deleted workspace takes everything with it, and nothing of others', async (kit) => {
    const [erased, other] = await kit.addWorkspaces();
    for (const workspace_id of [erased, other]) {
      for (const tenant of ['cus_1', null]) await addAll(kit, workspace_id, tenant);
      await kit.audit.add(auditEntry({ id: kit.ids('aud'), workspace_id }));
      const type = { name: 'a', description: '', schema: null, example: null, previous_example: null };
      await kit.event_types.put(workspace_id, { ...type, created_at: NOW, updated_at: NOW });
    }
    const name = 'Production';
    await kit.workspaces.update(erased, { name }, NOW);
    const erasure = (await kit.erasures.createForWorkspace(newErasure(kit, erased, null), true)) as Erasure;
    expect(await kit.workspaces.get(erased)).toBe(null);
    expect((await kit.workspaces.list({ limit: 10, after: null })).data.map(({ id }) => id)).toEqual([other]);
    expect(await kit.erasures.createForWorkspace(newErasure(kit, erased, null), true)).toBe(null);
    const again = { id: 'ws_again', name, dialect: 'q2', strict: false, created_at: NOW, updated_at: NOW };
    expect(await kit.workspaces.create(again, [])).toBe(true);
    // Committed by a call that began before.
    await addAll(kit, erased, 'cus_2');
    await run(kit, erasure);
    expect(await counts(kit)).toEqual(times(2));
    for (const table of ['bellwire_hooks', 'bellwire_tenants', 'bellwire_event_types'] as const) {
      expect(await kit.rowsOf(table, erased)).toBe(0);
      expect(await kit.rowsOf(table, other)).toBeGreaterThan(0);
    }
    expect(await kit.erasures.running()).toHaveLength(1);
    const fields = async (id: string) =>
      (await kit.audit.list(id, {}, FIRST_PAGE)).data.map((one) => one.before);
    expect(await fields(erased)).toEqual([null]);
    expect(await fields(other)).toEqual([{ name: 'Shop' }]);
    await kit.erasures.complete(erasure.id, LATER);
    expect(await kit.erasures.running()).toEqual([]);
    expect(await kit.erasures.get(erasure.id)).toMatchObject({ phase: 'completed', completed_at: LATER });
  });
};

const ofEvent = (check: Check): void => {
  check('an event is deleted with its deliveries and attempts, in slices', async (kit) => {
    const [workspace_id, other] = await kit.addWorkspaces();
    for (let n = 0; n < 2; n += 1) await addAll(kit, workspace_id, null);
    const [event] = await kit.arrange.events();
    const hook = await kit.addHook(workspace_id);
    for (let n = 0; n < 2; n += 1) await kit.addDelivery(hook, { event_id: event!.id });
    expect(await kit.erasures.eraseEvent(other, event!.id, { limit: 2, now: NOW })).toBe('not_found');
    expect(await kit.erasures.eraseEvent(workspace_id, event!.id, { limit: 2, now: NOW })).toBe('more');
    expect(await kit.erasures.eraseEvent(workspace_id, event!.id, { limit: 2, now: NOW })).toBe('done');
    expect(await kit.erasures.eraseEvent(workspace_id, event!.id, { limit: 2, now: NOW })).toBe('not_found');
    const left = { events: 1, deliveries: 1, attempts: 1, request_bodies: 1, wire_ids: 1, fan_outs: 1 };
    expect(await counts(kit)).toMatchObject({ event_metadata: 1 });
    expect(await counts(kit)).toMatchObject(left);
  });
};

export const erasures = (check: Check): void => {
  ofTenant(check);
  ofWorkspace(check);
  ofEvent(check);
};
