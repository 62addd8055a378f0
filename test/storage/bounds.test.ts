import { expect, it } from 'vitest';
import { createKit, DAY_MS, GONE, INTERRUPTED, NOW, OK } from './conformance/kit.ts';
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

it('a replay stores no delivery of an event that is pruned between its read and its write', async () => {
  await using kit = createKit(await openTestStore());
  const { workspace_id } = await kit.pair();
  const { leased } = await kit.stored(kit.event(workspace_id));
  for (const one of leased) await kit.end(one, OK);
  const late = await kit.arrange.addHook(workspace_id);
  const hook = (await kit.repositories.hooks.get(workspace_id, late))!;
  const now = NOW + 31 * DAY_MS;
  const slice = { after: null, limit: 500, now, newId: () => kit.ids('dlv') };
  // The connection runs them in this order: the read of sendMissed, the pruner, the transaction of sendMissed.
  const sending = kit.repositories.replay.sendMissed(hook, { since: 0, until: now }, slice);
  const pruned = kit.store.prune({ now, before: now - 30 * DAY_MS, limit: 100 });
  await Promise.all([sending, pruned]);
  const events = await kit.arrange.events();
  const deliveries = await kit.arrange.deliveries();
  expect(deliveries.filter(({ event_id }) => !events.some(({ id }) => id === event_id))).toEqual([]);
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

it('a replay keeps the suspicion of a delivery that was in flight when the sender thread died', async () => {
  await using kit = createKit(await openTestStore());
  const { workspace_id, hook_id } = await kit.pair();
  const leased = await kit.leaseFor({ workspace_id, hook_id });
  const suspect = { ...leased, delivery: { ...leased.delivery, suspicion: 3 } };
  await kit.end(suspect, INTERRUPTED, { sender_died: true });
  expect(await kit.row(leased)).toMatchObject({ failure_reason: 'quarantined', suspicion: 4 });
  const filter = { workspace_id, hook_id, since: 0, until: NOW + 60_000 };
  await kit.repositories.replay.resend(filter, 'failed', { after: null, limit: 10, now: NOW });
  expect((await kit.row(leased)).suspicion).toBeGreaterThan(0);
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
