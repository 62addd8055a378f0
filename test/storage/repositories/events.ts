import { sql } from 'kysely';
import { expect } from 'vitest';
import type { EventFilter } from '../../../packages/server/src/ports/events.ts';
import { type Check, FIRST_PAGE, idsOf, type Kit, NOW, walk } from './kit.ts';

/** The number of events that one filtered page scans. */
const WINDOW = 20_000;

const listed = async (kit: Kit, workspace_id: string, filter: EventFilter) =>
  idsOf(await kit.events.list(workspace_id, filter, FIRST_PAGE));

type Row = NonNullable<Parameters<Kit['addEvent']>[1]>;

const addWithMetadata = async (kit: Kit, row: Row, metadata: Record<string, string>): Promise<void> => {
  const { workspace_id, id } = await kit.addEvent('ws_1', { ...row, metadata: JSON.stringify(metadata) });
  const rows = Object.entries(metadata).map(([key, value]) => ({ workspace_id, key, value, event_id: id }));
  await kit.db.insertInto('bellwire_event_metadata').values(rows).execute();
};

export const events = (check: Check): void => {
  check('an event is returned as it was stored', async (kit) => {
    const data = { z: 1.5, a: ['\u0000ä𝄞', null], nested: { deep: true } };
    const shared = {
      id: 'evt_1',
      tenant: 'cus_1',
      idempotency_key: 'order-1',
      deliveries: 3,
      filtered: 2,
      occurred_at: NOW - 7,
      deliver_at: NOW + 7,
    };
    const metadata = { order_id: '1042' };
    const texts = {
      data: JSON.stringify(data),
      previous_data: '{"was":true}',
      metadata: JSON.stringify(metadata),
    };
    await kit.addEvent('ws_1', { ...shared, ...texts, fingerprint: 'f00' });
    const expected = {
      ...shared,
      type: 'order.created',
      created_at: NOW,
      payload_expired_at: null,
      metadata,
    };
    const stored = (await kit.events.get('ws_1', 'evt_1'))!;
    expect(stored).toMatchObject(expected);
    expect([stored.data?.text, stored.previous_data?.text]).toEqual([texts.data, texts.previous_data]);
    expect((await kit.events.list('ws_1', {}, FIRST_PAGE)).data).toEqual([expected]);
    expect((await kit.events.listWithPayloads('ws_1', {}, FIRST_PAGE)).data).toEqual([stored]);
    expect(await kit.events.get('ws_2', 'evt_1')).toBe(null);
    expect(await kit.events.get('ws_1', 'EVT_1')).toBe(null);
    await kit.addEvent('ws_1', { id: 'evt_2' });
    const bare = { tenant: null, deliver_at: null, idempotency_key: null, previous_data: null };
    const second = await kit.events.get('ws_1', 'evt_2');
    expect(second).toMatchObject(bare);
    expect(second).toHaveProperty('metadata', {});
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

  check('a filter by metadata lists the events with all of its values, page by page', async (kit) => {
    const add = (id: string, metadata: Record<string, string>, more: Row = {}) =>
      addWithMetadata(kit, { id, ...more }, metadata);
    await add('evt_1', { order_id: '42', region: 'eu' });
    await add('evt_2', { order_id: '42', region: 'us' }, { type: 'order.paid', tenant: 'cus_1' });
    await add('evt_3', { order_id: '43', region: 'eu' });
    await add('evt_4', { region: '42' });
    await add('evt_5', { order_id: '42', region: 'eu' }, { tenant: 'cus_1', idempotency_key: 'k' });
    await add('evt_6', { order_id: '42', region: 'eu' }, { workspace_id: 'ws_2' });
    const order = { order_id: '42' };
    for (const [filter, expected] of [
      [{ metadata: order }, ['evt_5', 'evt_2', 'evt_1']],
      [{ metadata: { ...order, region: 'eu' } }, ['evt_5', 'evt_1']],
      [{ metadata: { region: 'eu', ...order } }, ['evt_5', 'evt_1']],
      [{ metadata: { ...order, region: 'EU' } }, []],
      [{ metadata: order, type: 'order.paid' }, ['evt_2']],
      [{ metadata: order, tenant: 'cus_1' }, ['evt_5', 'evt_2']],
      [{ metadata: order, idempotency_key: 'k' }, ['evt_5']],
      [{ metadata: { order_id: '43' }, idempotency_key: 'k' }, []],
      [{ metadata: order, wire_id: 'evt_2' }, ['evt_2']],
      [{ metadata: { order_id: '43' }, wire_id: 'evt_2' }, []],
      [{ metadata: {} }, ['evt_5', 'evt_4', 'evt_3', 'evt_2', 'evt_1']],
    ] as const) {
      expect([filter, await listed(kit, 'ws_1', filter)]).toEqual([filter, expected]);
    }
    const pages = await walk((page) => kit.events.list('ws_1', { metadata: order }, page), 2);
    expect(pages.map((page) => page.map(({ id }) => id))).toEqual([['evt_5', 'evt_2'], ['evt_1']]);
  });

  check('a filter by idempotency key lists its event of each tenant', async (kit) => {
    const key = { idempotency_key: 'k' };
    await kit.addEvent('ws_1', { id: 'evt_1', ...key });
    await kit.addEvent('ws_1', { id: 'evt_2', ...key, tenant: 'cus_1' });
    await kit.addEvent('ws_1', { id: 'evt_3', idempotency_key: 'other' });
    await kit.addEvent('ws_2', { id: 'evt_4', ...key });
    expect(await listed(kit, 'ws_1', key)).toEqual(['evt_2', 'evt_1']);
    expect(await listed(kit, 'ws_1', { ...key, tenant: 'cus_1' })).toEqual(['evt_2']);
    expect(await listed(kit, 'ws_1', { ...key, type: 'order.paid' })).toEqual([]);
    const pages = await walk((page) => kit.events.list('ws_1', key, page), 1);
    expect(pages.map((page) => page.map(({ id }) => id))).toEqual([['evt_2'], ['evt_1']]);
  });

  check('a page by metadata and another filter ends at its window', async (kit) => {
    const rows = WINDOW + 2;
    // Only the oldest event is of the type.
    await sql`
      insert into ${sql.table('bellwire_events')} 
        (workspace_id, id, type, deliveries, addressed, occurred_at, created_at, metadata, data)
      with recursive counted(n) as (select 1 union all select n + 1 from counted where n < ${sql.lit(rows)})
      select 'ws_1', 'evt_' || (1000000 + n), case when n = 1 then 'rare' else 'common' end, 0, 0, 0, 0,
        '{"region":"eu"}', '{}'
      from counted`.execute(kit.db);
    await sql`
      insert into ${sql.table('bellwire_event_metadata')} (workspace_id, key, value, event_id)
      select workspace_id, 'region', 'eu', id from ${sql.table('bellwire_events')}`.execute(kit.db);
    const rare = { workspace_id: 'ws_1', key: 'order_id', value: '42', event_id: 'evt_1000001' };
    await kit.db.insertInto('bellwire_event_metadata').values(rare).execute();
    // The rare value is read first, whichever comes first in the filter.
    for (const metadata of [
      { region: 'eu', order_id: '42' },
      { order_id: '42', region: 'eu' },
    ]) {
      expect(await listed(kit, 'ws_1', { metadata })).toEqual(['evt_1000001']);
    }
    const filter = { metadata: { region: 'eu' }, type: 'rare' };
    const pages = await walk((page) => kit.events.list('ws_1', filter, page), 10);
    expect(pages.map((page) => page.map(({ id }) => id))).toEqual([[], ['evt_1000001']]);
  });

  check('a filtered page ends at its window, and the next page continues behind it', async (kit) => {
    const rows = WINDOW + 2;
    // Ids of one length: `evt_1000001` to `evt_1020002`; only the oldest is of the type.
    await sql`
      insert into ${sql.table('bellwire_events')} 
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
