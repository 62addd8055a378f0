import { expect, it } from 'vitest';
import { systemClock } from '../../packages/server/src/clock.ts';
import type { Delivery } from '../../packages/server/src/core/delivery.ts';
import { SettlementQueue } from '../../packages/server/src/delivery/settlement-queue.ts';
import { UnloadedSends } from '../../packages/server/src/delivery/unloaded-sends.ts';
import type { LeasedDelivery, Settlement } from '../../packages/server/src/ports/store.ts';

const deliveryOf = (workspace_id: string, nth: number, tenant: string | null = null) =>
  ({ id: `${workspace_id} ${tenant} ${nth}`, workspace_id, tenant }) as Delivery;

const returned = (delivery: Delivery): Settlement => ({
  kind: 'returned',
  delivery,
  lease_token: 1,
  reason: null,
});

const leasedOf = (delivery: Delivery): LeasedDelivery => ({
  delivery,
  event: null,
  is_backlog: false,
  lease_token: 1,
  lease_until: 0,
});

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 200; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

it('the settlements of a workspace do not wait behind thousands of another', () => {
  const queue = new SettlementQueue();
  for (let nth = 0; nth < 5_000; nth += 1) queue.push(returned(deliveryOf('hostile', nth)));
  queue.push(returned(deliveryOf('other', 0)));
  const taken = queue.take();
  expect(taken.map(({ delivery }) => delivery.workspace_id)).toContain('other');
  queue.restore(taken);
  expect(queue.take()).toEqual(taken);
});

it('work for later leaves turns of the event loop in between', async () => {
  let turns = 0;
  let is_over = false;
  const count = (): void => {
    turns += 1;
    if (!is_over) setImmediate(count);
  };
  count();
  const at: number[] = [];
  await new Promise<void>((resolve) => {
    for (let nth = 0; nth < 3; nth += 1) {
      systemClock.later(() => {
        at.push(turns);
        if (at.length === 3) resolve();
      });
    }
  });
  is_over = true;
  const [first = 0, second = 0, third = 0] = at;
  expect(second - first).toBeGreaterThanOrEqual(4);
  expect(third - second).toBeGreaterThanOrEqual(4);
});

it('large bodies in flight are bounded, and those of one tenant do not stop another tenant or workspace', async () => {
  const started: string[] = [];
  const clock = { ...systemClock, later: (work: () => void) => void setImmediate(work) };
  const sends: UnloadedSends = new UnloadedSends({
    clock,
    start: async (step) => {
      for (const { delivery } of step) {
        started.push(delivery.id);
        const owner = [delivery.workspace_id, delivery.tenant ?? ''] as const;
        sends.began(delivery.id, { owner, characters: 1_000_000 });
      }
    },
  });
  const push = (workspace_id: string, tenant: string, count: number): void =>
    sends.push(Array.from({ length: count }, (_, nth) => leasedOf(deliveryOf(workspace_id, nth, tenant))));
  push('hostile', 'a', 100);
  await settled();
  expect(started.length).toBeLessThan(16);
  expect(started.length).toBeGreaterThan(7);
  push('hostile', 'b', 1);
  push('other', 'c', 1);
  await settled();
  expect(started).toContain('hostile b 0');
  expect(started).toContain('other c 0');
  for (const id of started.slice(0, 10)) sends.ended(id);
  await settled();
  expect(started.length).toBeGreaterThan(16);
  expect(sends.takeAll().length).toBe(102 - started.length);
});
