import { expect } from 'vitest';
import type { DeliveryStatus } from '../../../packages/server/src/core/delivery.ts';
import type { ListedHook } from '../../../packages/server/src/ports/repositories.ts';
import { type Check, type Kit, NOW } from './kit.ts';

/** The number of deliveries that the change itself stops; the sweep stops the rest. */
const AT_ONCE = 200;

const LATER = NOW + 1_000;

const STATUSES: readonly DeliveryStatus[] = ['pending', 'sending', 'succeeded', 'failed', 'held', 'canceled'];

/** Adds one delivery of each status, each with a failure reason. */
const addOfEach = async (kit: Kit, hook: ListedHook): Promise<void> => {
  for (const status of STATUSES) {
    const next_attempt_at = status === 'pending' ? NOW : null;
    await kit.addDelivery(hook, { status, next_attempt_at, failure_reason: 'exhausted' });
  }
};

const statusesOf = async (kit: Kit, { id }: ListedHook) =>
  (await kit.arrange.deliveries({ hook_id: id })).map(({ status }) => status);

const countByStatus = async (kit: Kit, hook: ListedHook) => {
  const counts: Partial<Record<DeliveryStatus, number>> = {};
  for (const status of await statusesOf(kit, hook)) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
};

const switchTo = (kit: Kit, { workspace_id, id }: ListedHook, status: ListedHook['status']) =>
  kit.hooks.update(workspace_id, id, { status, updated_at: LATER });

export const switchingOff = (check: Check): void => {
  for (const status of ['paused', 'disabled', 'unvalidated'] as const) {
    check(`a hook that becomes ${status} holds its pending deliveries and no others`, async (kit) => {
      const hook = await kit.hook();
      const other = await kit.addHook(hook.workspace_id);
      for (const one of [hook, other]) await addOfEach(kit, one);
      expect(await switchTo(kit, hook, status)).toMatchObject({ status });
      expect(await statusesOf(kit, hook)).toEqual(['held', ...STATUSES.slice(1)]);
      expect(await statusesOf(kit, other)).toEqual(STATUSES);
      const [held, sending] = await kit.arrange.deliveries({ hook_id: hook.id });
      expect(held).toMatchObject({ next_attempt_at: null, failure_reason: null, updated_at: LATER });
      expect(sending).toMatchObject({ failure_reason: 'exhausted', updated_at: NOW });
      expect(await kit.arrange.hook(hook.id)).toMatchObject({ stopping: 'held' });
    });
  }

  check('a removed hook cancels its pending and held deliveries, and nothing else changes', async (kit) => {
    const hook = await kit.hook();
    const other = await kit.addHook(hook.workspace_id);
    for (const one of [hook, other]) await addOfEach(kit, one);
    await kit.hooks.remove(hook.workspace_id, hook.id, LATER);
    const expected = STATUSES.map((status) =>
      status === 'pending' || status === 'held' ? 'canceled' : status,
    );
    expect(await statusesOf(kit, hook)).toEqual(expected);
    expect(await statusesOf(kit, other)).toEqual(STATUSES);
    expect(await kit.arrange.hook(hook.id)).toMatchObject({ stopping: 'canceled' });
  });

  check('a change stops the 200 deliveries due first, and marks the hook for the rest', async (kit) => {
    const hook = await kit.hook();
    await kit.arrange.addBacklog(hook.id, AT_ONCE + 3, NOW + 9);
    // These ids are younger, but due before the others.
    for (const due of [1, 2]) await kit.addDelivery(hook, { next_attempt_at: NOW + due });
    await switchTo(kit, hook, 'paused');
    expect(await countByStatus(kit, hook)).toEqual({ held: AT_ONCE, pending: 5 });
    expect((await statusesOf(kit, hook)).slice(-2)).toEqual(['held', 'held']);
    expect(await kit.arrange.hook(hook.id)).toMatchObject({ stopping: 'held' });
    await kit.hooks.remove(hook.workspace_id, hook.id, LATER);
    expect(await countByStatus(kit, hook)).toEqual({ canceled: AT_ONCE + 5 });
  });

  check('a removal cancels the first 200 pending and the first 200 held deliveries', async (kit) => {
    const hook = await kit.hook();
    await kit.arrange.addBacklog(hook.id, AT_ONCE + 7, NOW);
    await kit.db.updateTable('bellwire_deliveries').set({ status: 'held', next_attempt_at: null }).execute();
    await kit.arrange.addBacklog(hook.id, AT_ONCE + 5, NOW);
    await kit.hooks.remove(hook.workspace_id, hook.id, LATER);
    expect(await countByStatus(kit, hook)).toEqual({ canceled: 2 * AT_ONCE, held: 7, pending: 5 });
  });

  check('an activated hook counts its failures from zero and stops nothing', async (kit) => {
    const hook = await kit.hook();
    const { id, workspace_id } = hook;
    await switchTo(kit, hook, 'disabled');
    const failing = { consecutive_failures: 20, failing_since: NOW };
    await kit.db.updateTable('bellwire_hooks').set(failing).where('id', '=', id).execute();
    await addOfEach(kit, hook);
    expect(await switchTo(kit, hook, 'active')).toMatchObject({
      status: 'active',
      consecutive_failures: 0,
      failing_since: null,
    });
    expect(await kit.arrange.hook(id)).toMatchObject({ stopping: null });
    expect(await statusesOf(kit, hook)).toEqual(STATUSES);
    await kit.db.updateTable('bellwire_hooks').set(failing).where('id', '=', id).execute();
    expect(await kit.hooks.update(workspace_id, id, { name: 'x', updated_at: NOW })).toMatchObject(failing);
  });
};
