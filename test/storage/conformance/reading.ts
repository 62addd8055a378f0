import { expect } from 'vitest';
import { TEST_SECRET } from '../../support/arrange.ts';
import { type Check, NOW, OK } from './kit.ts';

/** Reads of the delivery loop: current hooks, catalogs, counts. */
export const reading = (check: Check): void => {
  check('hooks are returned with their live secrets decrypted', async (kit) => {
    const setup = { events: ['order.*'], max_attempts: 3, timeout_ms: 4_000 };
    const { workspace_id, hook_id } = await kit.pair(setup);
    const bare = await kit.arrange.addHook(workspace_id, { secret: null });
    const hooks = await kit.store.hooks([hook_id, bare, 'wh_unknown']);
    expect([...hooks.keys()].toSorted()).toEqual([bare, hook_id].toSorted());
    expect(hooks.get(hook_id)).toMatchObject({
      id: hook_id,
      workspace_id,
      ...setup,
      status: 'active',
      insecure_ssl: false,
      headers: {},
      secrets: [{ value: TEST_SECRET, expires_at: null }],
    });
    expect(hooks.get(bare)!.secrets).toEqual([]);
    expect(hooks.get(bare)!.number).not.toBe(hooks.get(hook_id)!.number);
  });

  check('a change of a hook applies at once to reads and to the fan-out', async (kit) => {
    const { workspace_id, hook_id } = await kit.pair({ events: ['order.created'] });
    const leases = async (type: string) =>
      (await kit.stored(kit.event(workspace_id, { type }))).leased.length;
    expect([await leases('order.created'), await leases('invoice.paid')]).toEqual([1, 0]);
    await kit.arrange.setHookEvents(hook_id, ['invoice.paid']);
    expect((await kit.hook(hook_id))!.events).toEqual(['invoice.paid']);
    expect([await leases('order.created'), await leases('invoice.paid')]).toEqual([0, 1]);
    await kit.arrange.setHookStatus(hook_id, 'paused');
    expect((await kit.hook(hook_id))!.status).toBe('paused');
    expect(await leases('invoice.paid')).toBe(0);
    await kit.arrange.setHookStatus(hook_id, 'active');
    expect(await leases('invoice.paid')).toBe(1);
    const second = await kit.arrange.addHook(workspace_id, { events: ['invoice.paid'] });
    expect(await leases('invoice.paid')).toBe(2);
    await kit.arrange.deleteHook(second);
    expect(await kit.hook(second)).toBeUndefined();
    expect(await leases('invoice.paid')).toBe(1);
  });

  check('a catalog holds the event types of its workspace and no other', async (kit) => {
    const schema = { type: 'object', required: ['number'] };
    const strict = await kit.arrange.addWorkspace({
      strict: true,
      event_types: { 'order.created': { schema, example: { number: 1 } }, 'order.seen': {} },
    });
    const loose = await kit.arrange.addWorkspace();
    const catalog = (await kit.store.catalog(strict))!;
    expect(catalog).toMatchObject({ id: strict, dialect: 'standard', strict: true });
    expect([...catalog.event_types.keys()].toSorted()).toEqual(['order.created', 'order.seen']);
    const order = { has_schema: true, has_example: true };
    expect(catalog.event_types.get('order.created')).toEqual(order);
    expect(catalog.event_types.get('order.seen')).toEqual({ has_schema: false, has_example: false });
    expect(JSON.parse((await kit.store.schemaOf(strict, 'order.created'))!)).toEqual(schema);
    expect(await kit.store.schemaOf(strict, 'order.seen')).toBeNull();
    expect(await kit.store.schemaOf(loose, 'order.created')).toBeNull();
    expect(await kit.store.catalog(loose)).toMatchObject({ strict: false, event_types: new Map() });
    expect(await kit.store.catalog('ws_unknown')).toBeNull();
  });

  check(
    'openDeliveries counts the deliveries that have not ended, and finds the one that is due the longest',
    async (kit) => {
      const pair = await kit.pair();
      const paused = { ...pair, hook_id: await kit.arrange.addHook(pair.workspace_id, { status: 'paused' }) };
      const nothing = { pending: 0, sending: 0, held: 0, due: 0, oldest_due_at: null };
      expect(await kit.store.openDeliveries(NOW)).toEqual(nothing);
      await kit.pendingFor(pair, [NOW, NOW, NOW + 5_000]);
      await kit.leaseFor(pair);
      await kit.end(await kit.leaseFor(pair), OK);
      await kit.commit({ events: [kit.event(pair.workspace_id, { hook_ids: [paused.hook_id] })] });
      const open = { pending: 3, sending: 1, held: 1 };
      expect(await kit.store.openDeliveries(NOW - 1)).toEqual({ ...open, due: 0, oldest_due_at: null });
      expect(await kit.store.openDeliveries(NOW)).toEqual({ ...open, due: 2, oldest_due_at: NOW });
      expect(await kit.store.openDeliveries(NOW + 5_000)).toEqual({ ...open, due: 3, oldest_due_at: NOW });
    },
  );
};
