import { expect } from 'vitest';
import { type Check, DAY_MS, GONE, type Kit, NOW } from './kit.ts';

const backlog = async (kit: Kit, size: number) => {
  const pair = await kit.pair();
  await kit.arrange.addBacklog(pair.hook_id, size, NOW);
  return pair;
};

const statuses = async (kit: Kit, hook_id: string) => {
  const counts: Record<string, number> = {};
  for (const { status } of await kit.arrange.deliveries({ hook_id })) {
    counts[status] = (counts[status] ?? 0) + 1;
  }
  return counts;
};

/** A hook that is switched off holds its backlog in bounded slices. */
export const stopping = (check: Check): void => {
  check('a 410 holds 200 pending deliveries at once and leaves the rest to slices', async (kit) => {
    const pair = await backlog(kit, 450);
    await kit.end(await kit.leaseFor(pair), GONE);
    expect(await statuses(kit, pair.hook_id)).toEqual({ failed: 1, held: 200, pending: 250 });
    expect(await kit.claim([{ ...pair, limit: 10 }])).toEqual([]);
    expect(await kit.due(NOW)).toEqual([]);
    expect((await kit.store.stopDeliveries({ now: NOW, limit: 100 })).stopped).toBe(100);
    expect((await kit.store.stopDeliveries({ now: NOW, limit: 500 })).stopped).toBe(150);
    expect((await kit.store.stopDeliveries({ now: NOW, limit: 500 })).stopped).toBe(0);
    expect(await statuses(kit, pair.hook_id)).toEqual({ failed: 1, held: 450 });
  });

  check('a hook that was due until a 410 disabled it has nothing to stop', async (kit) => {
    const pair = await backlog(kit, 1);
    expect(await kit.due(NOW)).toEqual([pair]);
    const [leased] = await kit.claim([{ ...pair, limit: 1 }]);
    await kit.end(leased!, GONE);
    expect(await kit.due(NOW)).toEqual([]);
    expect(await kit.store.stopDeliveries({ now: NOW, limit: 500 })).toEqual({ stopped: 0, hooks: [] });
    expect(await statuses(kit, pair.hook_id)).toEqual({ failed: 1 });
  });

  check('a hook that is activated again keeps the deliveries that are still pending', async (kit) => {
    const pair = await backlog(kit, 300);
    await kit.end(await kit.leaseFor(pair), GONE);
    await kit.arrange.setHookStatus(pair.hook_id, 'active');
    expect((await kit.store.stopDeliveries({ now: NOW, limit: 500 })).stopped).toBe(0);
    expect(await statuses(kit, pair.hook_id)).toEqual({ failed: 1, held: 200, pending: 100 });
    expect(await kit.due(NOW)).toEqual([pair]);
  });

  for (const [mark, failure_reason] of [
    ['canceled', 'hook_deleted'],
    ['erased', 'erased'],
  ] as const) {
    check(
      `the waiting deliveries of a hook that is ${mark} show the reason ${failure_reason}`,
      async (kit) => {
        const pair = await backlog(kit, 3);
        const [pending, held, sent_again] = await kit.arrange.deliveries(pair);
        const change = kit.database.db.updateTable('bellwire_deliveries');
        await change.set({ status: 'held' }).where('id', '=', held!.id).execute();
        await change.set({ has_succeeded: 1 }).where('id', '=', sent_again!.id).execute();
        const gone = { stopping: mark, deleted_at: NOW };
        await kit.database.db
          .updateTable('bellwire_hooks')
          .set(gone)
          .where('id', '=', pair.hook_id)
          .execute();
        await kit.store.stopDeliveries({ now: NOW, limit: 500 });
        for (const { id } of [pending!, held!]) {
          expect(await kit.arrange.delivery(id)).toMatchObject({ status: 'canceled', failure_reason });
        }
        const kept = { status: 'succeeded', failure_reason: null };
        expect(await kit.arrange.delivery(sent_again!.id)).toMatchObject(kept);
      },
    );
  }

  check('deliveries that are too far ahead become due in bounded slices, and no others', async (kit) => {
    const [far, near] = [await kit.pair(), await kit.pair()];
    const beyond = NOW + 100 * DAY_MS;
    await kit.arrange.addBacklog(far.hook_id, 250, beyond + 1);
    await kit.arrange.addBacklog(near.hook_id, 10, beyond);
    const pullIn = (after: string) => kit.store.pullIn({ now: NOW, beyond, after, limit: 100 });
    expect(await pullIn('')).toEqual({ pulled: 100, next: '' });
    expect(await pullIn('')).toEqual({ pulled: 100, next: '' });
    expect(await pullIn('')).toEqual({ pulled: 50, next: null });
    expect(await kit.due(NOW)).toEqual([far]);
    const due = (await kit.arrange.deliveries()).filter(({ next_attempt_at }) => next_attempt_at === NOW);
    expect(due).toHaveLength(250);
  });
};
