import { sql } from 'kysely';
import { expect } from 'vitest';
import type { EventFilter } from '../../../packages/server/src/ports/repositories.ts';
import { type Check, FIRST_PAGE, idsOf, type Kit, NOW, walk } from './kit.ts';

/** The number of events that one filtered page scans. */
const WINDOW = 20_000;

const listed = async (kit: Kit, workspace_id: string, filter: EventFilter) =>
  idsOf(await kit.events.list(workspace_id, filter, FIRST_PAGE));

export const events = (check: Check): void => {
  check('an event is returned as it was stored', async (kit) => {
    const data = { z: 1.5, a: ['\u0000ä𝄞', null], nested: { deep: true } };
    const shared = {
      id: 'evt_1',
      tenant: 'cus_1',
      idempotency_key: 'order-1',
      deliveries: 3,
      occurred_at: NOW - 7,
    };
    const texts = { data: JSON.stringify(data), previous_data: '{"was":true}' };
    await kit.addEvent('ws_1', { ...shared, ...texts, fingerprint: 'f00' });
    const previous_data = { was: true };
    const expected = {
      ...shared,
      type: 'order.created',
      created_at: NOW,
      data,
      previous_data,
      payload_expired_at: null,
    };
    const stored = await kit.events.get('ws_1', 'evt_1');
    expect(stored).toEqual(expected);
    expect(Object.keys(stored!.data ?? {})).toEqual(['z', 'a', 'nested']);
    expect((await kit.events.list('ws_1', {}, FIRST_PAGE)).data).toEqual([expected]);
    expect(await kit.events.get('ws_2', 'evt_1')).toBe(null);
    expect(await kit.events.get('ws_1', 'EVT_1')).toBe(null);
    await kit.addEvent('ws_1', { id: 'evt_2' });
    const bare = { tenant: null, idempotency_key: null, previous_data: null };
    expect(await kit.events.get('ws_1', 'evt_2')).toMatchObject(bare);
  });

  check('an idempotency key is unique for each tenant, and without a tenant', async (kit) => {
    const key = { idempotency_key: 'order-1' };
    for (const tenant of [null, 'cus_1', 'cus_2']) await kit.addEvent('ws_1', { ...key, tenant });
    await kit.addEvent('ws_2', key);
    for (const tenant of [null, 'cus_1']) {
      await expect(kit.addEvent('ws_1', { ...key, tenant })).rejects.toThrow(/unique/i);
    }
    for (const tenant of [null, 'cus_1']) await kit.addEvent('ws_1', { tenant });
  });

  check('filters by type and by tenant list these events and no other', async (kit) => {
    const add = (id: string, tenant: string | null, type: string) =>
      kit.addEvent('ws_1', { id, tenant, type });
    await add('evt_1', 'cus_1', 'order.created');
    await add('evt_2', 'cus_1', 'order.paid');
    await add('evt_3', 'CUS_1', 'order.created');
    await add('evt_4', null, 'order.created');
    expect(await listed(kit, 'ws_1', { tenant: 'cus_1' })).toEqual(['evt_2', 'evt_1']);
    expect(await listed(kit, 'ws_1', { type: 'order.created' })).toEqual(['evt_4', 'evt_3', 'evt_1']);
    expect(await listed(kit, 'ws_1', { type: 'order.created', tenant: 'cus_1' })).toEqual(['evt_1']);
    expect(await listed(kit, 'ws_1', { type: 'ORDER.CREATED' })).toEqual([]);
    expect(await listed(kit, 'ws_2', { tenant: 'cus_1' })).toEqual([]);
  });

  check('a filter by wire id lists the one event that is sent with it', async (kit) => {
    for (const id of ['evt_1', 'evt_2']) await kit.addEvent('ws_1', { id, tenant: 'cus_1' });
    await kit.addEvent('ws_2', { id: 'evt_3' });
    await kit.db
      .insertInto('bellwire_wire_ids')
      .values([
        { workspace_id: 'ws_1', wire_id: 'wh_abc', event_id: 'evt_1' },
        { workspace_id: 'ws_2', wire_id: 'wh_abc', event_id: 'evt_3' },
      ])
      .execute();
    expect(await listed(kit, 'ws_1', { wire_id: 'wh_abc' })).toEqual(['evt_1']);
    expect(await listed(kit, 'ws_1', { wire_id: 'evt_2' })).toEqual(['evt_2']);
    expect(await listed(kit, 'ws_2', { wire_id: 'wh_abc' })).toEqual(['evt_3']);
    expect(await listed(kit, 'ws_1', { wire_id: 'wh_ABC' })).toEqual([]);
    expect(await listed(kit, 'ws_1', { wire_id: 'evt_3' })).toEqual([]);
    expect(await listed(kit, 'ws_1', { wire_id: 'wh_abc', tenant: 'cus_1' })).toEqual(['evt_1']);
    expect(await listed(kit, 'ws_1', { wire_id: 'wh_abc', tenant: 'cus_2' })).toEqual([]);
  });

  check('a filtered page ends at its window, and the next page continues behind it', async (kit) => {
    const rows = WINDOW + 2;
    // Ids of one length: `evt_1000001` to `evt_1020002`; only the oldest is of the type.
    await sql`
      insert into bellwire_events
        (workspace_id, id, type, deliveries, addressed, occurred_at, created_at, data)
      with recursive counted(n) as (select 1 union all select n + 1 from counted where n < ${sql.lit(rows)})
      select 'ws_1', 'evt_' || (1000000 + n), case when n = 1 then 'rare' else 'common' end, 0, 0, 0, 0, '{}'
      from counted`.execute(kit.db);
    const pages = await walk((page) => kit.events.list('ws_1', { type: 'rare' }, page), 10);
    expect(pages.map((page) => page.map(({ id }) => id))).toEqual([[], ['evt_1000001']]);
    const [first] = await walk((page) => kit.events.list('ws_1', { type: 'common' }, page), WINDOW);
    expect(first).toHaveLength(WINDOW);
  });
};
