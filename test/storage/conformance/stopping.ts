import { expect } from 'vitest';
import { type Check, GONE, type Kit, NOW } from './kit.ts';

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
    expect(await kit.store.stopDeliveries({ now: NOW, limit: 100 })).toBe(100);
    expect(await kit.store.stopDeliveries({ now: NOW, limit: 500 })).toBe(150);
    expect(await kit.store.stopDeliveries({ now: NOW, limit: 500 })).toBe(0);
    expect(await statuses(kit, pair.hook_id)).toEqual({ failed: 1, held: 450 });
  });

  check('a hook that is activated again keeps the deliveries that are still pending', async (kit) => {
    const pair = await backlog(kit, 300);
    await kit.end(await kit.leaseFor(pair), GONE);
    await kit.arrange.setHookStatus(pair.hook_id, 'active');
    expect(await kit.store.stopDeliveries({ now: NOW, limit: 500 })).toBe(0);
    expect(await statuses(kit, pair.hook_id)).toEqual({ failed: 1, held: 200, pending: 100 });
    expect(await kit.due(NOW)).toEqual([pair]);
  });
};
