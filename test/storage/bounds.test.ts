import { expect, it } from 'vitest';
import { createKit, DAY_MS, GONE, NOW, OK } from './conformance/kit.ts';
import { openTestStore } from '../support/test-store.ts';
import type { Settlement } from '../../packages/server/src/ports/store.ts';

it('a manual attempt that cannot be rendered or recorded leaves a succeeded delivery as it was', async () => {
  await using kit = createKit(await openTestStore());
  const pair = await kit.pair();
  const leased = await kit.leaseFor(pair);
  await kit.end(leased, OK);
  for (const kind of ['unrenderable', 'unrecordable'] as const) {
    const { delivery, lease_token } = await kit.manual(leased);
    await kit.settle({ kind, delivery, lease_token });
    expect(await kit.row(leased), kind).toMatchObject({ status: 'succeeded', failure_reason: null });
  }
});

it('a recovery stores no delivery of an event that is pruned between its read and its write', async () => {
  await using kit = createKit(await openTestStore());
  const { workspace_id } = await kit.pair();
  const { leased } = await kit.stored(kit.event(workspace_id));
  for (const one of leased) await kit.end(one, OK);
  const hook_id = await kit.arrange.addHook(workspace_id);
  const { recoveries } = kit.repositories;
  const now = NOW + 31 * DAY_MS;
  const filter = {
    delivery_ids: null,
    hook_id,
    tenant: null,
    event_type: null,
    outcome: null,
    since: 0,
    until: now,
    statuses: ['missed'],
  } as const;
  const { id } = await recoveries.create({
    id: kit.ids('rcv'),
    workspace_id,
    kind: 'recover',
    filter,
    owner: null,
    created_at: now,
  });
  const slice = { limit: 500, now, newId: () => kit.ids('dlv') };
  // The connection runs them in this order: the reads of the recovery, the pruner, the transaction of the recovery.
  const advancing = recoveries.advance({ workspace_id, id }, slice);
  const pruned = kit.store.prune({ now, before: now - 30 * DAY_MS, limit: 100 });
  await Promise.all([advancing, pruned]);
  const events = await kit.arrange.events();
  const deliveries = await kit.arrange.deliveries();
  expect(deliveries.filter(({ event_id }) => !events.some((event) => event.id === event_id))).toEqual([]);
});

it('one slice of stopDeliveries is bounded in hooks', async () => {
  await using kit = createKit(await openTestStore());
  const workspace_id = await kit.arrange.addWorkspace();
  await kit.arrange.addHooks(workspace_id, 10_000);
  const deleted = { stopping: 'canceled', deleted_at: NOW } as const;
  await kit.database.db.updateTable('bellwire_hooks').set(deleted).execute();
  await kit.store.stopDeliveries({ now: NOW, limit: 500 });
  const left = kit.database.db.selectFrom('bellwire_hooks').select('id').where('stopping', 'is not', null);
  expect(await left.execute()).not.toEqual([]);
});

it('a commit that is rolled back does not change the index of hooks that was built inside it', async () => {
  await using kit = createKit(await openTestStore());
  const { workspace_id, hook_id } = await kit.pair();
  const leased = await kit.leaseFor({ workspace_id, hook_id });
  await kit.arrange.addHook(workspace_id);
  // As after a restart, the caches are empty.
  const next = createKit({ ...kit, store: kit.reopen().store });
  // The commit fails after a 410 has disabled the hook.
  kit.database.raw.function('fail_full', () => {
    throw Object.assign(new Error('disk full'), { code: 'SQLITE_FULL' });
  });
  kit.database.raw.exec(
    `create temp trigger full after insert on bellwire_deliveries begin select fail_full(); end`,
  );
  const commit = (settlements: readonly Settlement[]) =>
    next.commit({ events: [kit.event(workspace_id)], settlements });
  await expect(commit([kit.attempted(leased, GONE)])).rejects.toThrow();
  kit.database.raw.exec('drop trigger full');
  expect(await kit.arrange.hook(hook_id)).toMatchObject({ status: 'active' });
  await commit([]);
  const deliveries = (await kit.arrange.deliveries({ hook_id })).map(({ status }) => status);
  expect(deliveries).not.toContain('held');
});

it('an event that cannot be read does not affect the others', async () => {
  await using kit = createKit(await openTestStore());
  const pair = await kit.pair();
  const a = await kit.leaseFor(pair);
  const b = await kit.leaseFor(pair);
  await kit.database.db
    .updateTable('bellwire_events')
    .set({ data: '{"cut' })
    .where('id', '=', a.delivery.event_id)
    .execute();
  const events = await kit.store.events([a.delivery, b.delivery]);
  expect([...events.keys()]).toEqual([b.delivery.event_id]);
});
