import { expect } from 'vitest';
import { type Check, GONE, type Kit, NOW } from './kit.ts';

const backlog = async (kit: Kit, size: number) => {
  const pair = await kit.pair();
  await kit.pendingFor(pair, Array<number>(size).fill(NOW));
  return pair;
};

const statuses = async (kit: Kit, hook_id: string) => {
  const counts: Record<string, number> = {};
  for (const { status } of await kit.arrange.deliveries({ hook_id })) {
    counts[status] = (counts[status] ?? 0) + 1;
  }
  return counts;
};

/** What waits for a hook that is switched off is held in slices, however much it is. */
export const stopping = (check: Check): void => {
  check('a 410 holds a few hundred waiting deliveries at once and leaves the rest to slices', async (kit) => {
    const pair = await backlog(kit, 450);
    const leased = await kit.leaseFor(pair);
    await kit.settle(kit.attempted(leased, GONE));
    const after = await statuses(kit, pair.hook_id);
    expect(after).toEqual({ failed: 1, held: 200, pending: 250 });
    const wants = [{ ...pair, limit: 10 }];
    expect(await kit.store.claim({ now: NOW, lease_until: NOW, wants })).toEqual([]);
    expect(await kit.due(NOW)).toEqual([]);
    expect(await kit.store.stopDeliveries({ now: NOW, limit: 100 })).toBe(100);
    expect(await kit.store.stopDeliveries({ now: NOW, limit: 500 })).toBe(150);
    expect(await kit.store.stopDeliveries({ now: NOW, limit: 500 })).toBe(0);
    expect(await statuses(kit, pair.hook_id)).toEqual({ failed: 1, held: 450 });
  });

  check('a hook that is switched on again meanwhile keeps what is not held yet', async (kit) => {
    const pair = await backlog(kit, 300);
    await kit.settle(kit.attempted(await kit.leaseFor(pair), GONE));
    await kit.arrange.setHookStatus(pair.hook_id, 'active');
    expect(await kit.store.stopDeliveries({ now: NOW, limit: 500 })).toBe(0);
    expect(await statuses(kit, pair.hook_id)).toEqual({ failed: 1, held: 200, pending: 100 });
    expect(await kit.due(NOW)).toEqual([pair]);
  });
};
