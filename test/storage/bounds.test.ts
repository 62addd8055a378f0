import { expect, it } from 'vitest';
import { createKit, DAY_MS, GONE, INTERRUPTED, NOW, OK } from './conformance/kit.ts';
import { openTestStore } from '../support/test-store.ts';
import type { Settlement } from '../../packages/server/src/ports/store.ts';

const MIN = 60_000;

it('a manual attempt that cannot be rendered or recorded leaves a succeeded delivery as it was', async () => {
  await using opened = await openTestStore();
  const kit = createKit(opened);
  const pair = await kit.pair();
  const leased = await kit.leaseFor(pair);
  await kit.settle(kit.attempted(leased, OK));
  const manual = await kit.manual(leased);
  await kit.settle({ kind: 'unrenderable', delivery: manual.delivery, lease_token: manual.lease_token });
  expect
    .soft(await kit.arrange.delivery(leased.delivery.id))
    .toMatchObject({ status: 'succeeded', failure_reason: null });
  const again = await kit.manual(leased);
  await kit.settle({ kind: 'unrecordable', delivery: again.delivery, lease_token: again.lease_token });
  expect.soft(await kit.arrange.delivery(leased.delivery.id)).toMatchObject({ status: 'succeeded' });
});

it('a replay stores no delivery of an event that is pruned between its read and its write', async () => {
  await using opened = await openTestStore();
  const kit = createKit(opened);
  const { workspace_id } = await kit.pair();
  const { leased } = await kit.stored(kit.event(workspace_id));
  for (const one of leased) await kit.settle(kit.attempted(one, OK));
  const late = await kit.arrange.addHook(workspace_id);
  const hook = (await opened.repositories.hooks.get(workspace_id, late))!;
  const now = NOW + 31 * DAY_MS;
  // The read of sendMissed, then the pruner, then its transaction: in the order of the connection's queue.
  const sending = opened.repositories.replay.sendMissed(
    hook,
    { since: 0, until: now },
    {
      after: null,
      limit: 500,
      now,
      newId: () => kit.ids('dlv'),
    },
  );
  const pruned = opened.store.prune({ now, before: now - 30 * DAY_MS, limit: 100 });
  await Promise.all([sending, pruned]);
  const events = await kit.arrange.events();
  const deliveries = await kit.arrange.deliveries();
  expect(deliveries.filter(({ event_id }) => !events.some(({ id }) => id === event_id))).toEqual([]);
});

it('one slice of stopping is bounded in hooks', async () => {
  await using opened = await openTestStore();
  const kit = createKit(opened);
  const workspace_id = await kit.arrange.addWorkspace();
  await kit.arrange.addHooks(workspace_id, 10_000);
  await opened.database.db
    .updateTable('bellwire_hooks')
    .set({ stopping: 'canceled', deleted_at: NOW })
    .execute();
  await opened.store.stopDeliveries({ now: NOW, limit: 500 });
  const { left } = await opened.database.db
    .selectFrom('bellwire_hooks')
    .select(({ fn }) => fn.countAll<number>().as('left'))
    .where('stopping', 'is not', null)
    .executeTakeFirstOrThrow();
  expect(left).toBeGreaterThan(0);
});

it('a rolled back commit leaves no trace in an index that was built inside it', async () => {
  await using opened = await openTestStore();
  const kit = createKit(opened);
  const { workspace_id, hook_id } = await kit.pair();
  const leased = await kit.leaseFor({ workspace_id, hook_id });
  await kit.arrange.addHook(workspace_id);
  // A program that has just started: nothing is in memory.
  const next = opened.reopen().store;
  // The commit fails after the answer 410 disabled the hook.
  opened.database.raw.function('fail_full', () => {
    throw Object.assign(new Error('disk full'), { code: 'SQLITE_FULL' });
  });
  opened.database.raw.exec(
    `create temp trigger full after insert on bellwire_deliveries begin select fail_full(); end`,
  );
  const commit = (settlements: readonly Settlement[]): Promise<unknown> =>
    next.commitBatch({
      now: NOW,
      lease_until: NOW + 90_000,
      events: [kit.event(workspace_id)],
      settlements,
      saturated_hooks: new Set(),
      max_deliveries: 512,
    });
  await expect(commit([kit.attempted(leased, GONE)])).rejects.toThrow();
  opened.database.raw.exec('drop trigger full');
  expect(await kit.arrange.hook(hook_id)).toMatchObject({ status: 'active' });
  await commit([]);
  const deliveries = (await kit.arrange.deliveries({ hook_id })).map(({ status }) => status);
  expect(deliveries).not.toContain('held');
});

it('a replay does not clear the suspicion of what killed the sender thread', async () => {
  await using opened = await openTestStore();
  const kit = createKit(opened);
  const { workspace_id, hook_id } = await kit.pair();
  const leased = await kit.leaseFor({ workspace_id, hook_id });
  await kit.settle(
    kit.attempted({ ...leased, delivery: { ...leased.delivery, suspicion: 3 } }, INTERRUPTED, {
      sender_died: true,
    }),
  );
  expect(await kit.arrange.delivery(leased.delivery.id)).toMatchObject({
    failure_reason: 'quarantined',
    suspicion: 4,
  });
  await opened.repositories.replay.resend({ workspace_id, hook_id, since: 0, until: NOW + MIN }, 'failed', {
    after: null,
    limit: 10,
    now: NOW,
  });
  expect((await kit.arrange.delivery(leased.delivery.id)).suspicion).toBeGreaterThan(0);
});

it('one event that cannot be read costs no other', async () => {
  await using opened = await openTestStore();
  const kit = createKit(opened);
  const pair = await kit.pair();
  const a = await kit.leaseFor(pair);
  const b = await kit.leaseFor(pair);
  await opened.database.db
    .updateTable('bellwire_events')
    .set({ data: '{"cut' })
    .where('id', '=', a.delivery.event_id)
    .execute();
  const events = await opened.store.events([a.delivery, b.delivery]);
  expect([...events.keys()]).toEqual([b.delivery.event_id]);
});
