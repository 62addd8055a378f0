import type { Page } from '../../../packages/server/src/ports/page.ts';
import { type Insertable, sql } from 'kysely';
import { expect } from 'vitest';
import { deliveryStatuses } from '../../../packages/server/src/core/delivery.ts';
import type { DeliveryFilter, StoredAttempt } from '../../../packages/server/src/ports/repositories.ts';
import type { Schema } from '../../../packages/server/src/storage/schema.ts';
import type { AttemptRow } from '../../support/arrange.ts';
import { type Check, FIRST_PAGE, idsOf, type Kit, NOW, walk } from './kit.ts';

/** The number of deliveries that one page scans. */
const WINDOW = 20_000;

const HOOK = { workspace_id: 'ws_1', id: 'wh_1' };

const listed = async (kit: Kit, filter: DeliveryFilter) =>
  idsOf(await kit.deliveries.list('ws_1', filter, FIRST_PAGE));

const attemptRow = (
  delivery_id: string,
  number: number,
  differences: Partial<AttemptRow> = {},
): Insertable<Schema['bellwire_attempts']> => ({
  response_truncated: 0,
  id: `att_${number}`,
  workspace_id: 'ws_1',
  delivery_id,
  hook_id: 'wh_1',
  number,
  trigger: 'scheduled',
  outcome: 'connection_failed',
  started_at: NOW + number,
  duration_ms: 12.625,
  ...differences,
});

const TIMINGS = { total_ms: 12.625, reused_connection: true };

/** Adds eleven attempts, so that a sort as text would fail; the last has every field. */
const addAttempts = async (kit: Kit, delivery_id: string): Promise<void> => {
  const last = attemptRow(delivery_id, 11, {
    outcome: 'http_status',
    outcome_detail: '500',
    timings: JSON.stringify(TIMINGS),
    remote_address: '203.0.113.7',
    request_method: 'POST',
    request_url: 'https://acme.example.com/',
    request_headers: '{"X-Secret":{"secret_length":3},"A":"b"}',
    request_body: '{"ä":1}',
    response_status: 500,
    response_headers: '{"content-type":"text/plain"}',
    response_body: 'no 𝄞',
    response_truncated: 1,
  });
  const rows = Array.from({ length: 10 }, (_, index) => attemptRow(delivery_id, index + 1));
  await kit.db
    .insertInto('bellwire_attempts')
    .values([last, ...rows.toReversed()])
    .execute();
};

const LAST_ATTEMPT: StoredAttempt = {
  id: 'att_11',
  number: 11,
  trigger: 'scheduled',
  outcome: 'http_status',
  outcome_detail: '500',
  started_at: NOW + 11,
  duration_ms: 12.625,
  timings: TIMINGS as unknown as StoredAttempt['timings'],
  remote_address: '203.0.113.7',
  request: {
    method: 'POST',
    url: 'https://acme.example.com/',
    headers: { 'X-Secret': { secret_length: 3 }, A: 'b' },
    body: '{"ä":1}',
  },
  response: {
    status: 500,
    headers: { 'content-type': 'text/plain' },
    body: 'no 𝄞',
    body_truncated: true,
  },
};

const reading = (check: Check): void => {
  check('a delivery is returned as it was stored, with its attempts in their order', async (kit) => {
    const stored = {
      id: 'dlv_1',
      tenant: 'cus_1',
      attempts: 11,
      failures: 10,
      failure_reason: 'sender_died',
      last_outcome: 'http_status',
      last_detail: '503',
      last_status: 503,
      last_duration_ms: 12.5,
      next_attempt_at: NOW + 5,
      updated_at: NOW + 3,
    } as const;
    const id = await kit.addDelivery(HOOK, stored);
    const expected = {
      ...stored,
      workspace_id: 'ws_1',
      event_id: 'evt_1',
      event_type: 'order.created',
      hook_id: 'wh_1',
      trigger: 'scheduled',
      status: 'pending',
      created_at: NOW,
      url: null,
      hook_tenant: null,
      blocked_by: null,
      hook: { rate_limit: null, throttle: null },
      ahead: null,
    };
    await addAttempts(kit, id);
    expect((await kit.deliveries.list('ws_1', {}, FIRST_PAGE)).data).toEqual([expected]);
    expect(await kit.deliveries.get('ws_1', id)).toEqual(expected);
    const { data, next } = (await kit.deliveries.attempts('ws_1', id, FIRST_PAGE))!;
    expect(next).toBe(null);
    expect(data.map(({ number }) => number)).toEqual([11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
    expect(data[0]).toEqual(LAST_ATTEMPT);
    expect(data.at(-1)).toMatchObject({ request: null, response: null, timings: null });
    const pages: (readonly number[])[] = [];
    let after: string | null = '10';
    while (after !== null) {
      const found: Page<StoredAttempt> = (await kit.deliveries.attempts('ws_1', id, { limit: 4, after }))!;
      pages.push(found.data.map(({ number }) => number));
      after = found.next;
    }
    expect(pages).toEqual([[9, 8, 7, 6], [5, 4, 3, 2], [1]]);
    expect(await kit.deliveries.attempts('ws_2', id, FIRST_PAGE)).toBe(null);
    expect(await kit.deliveries.get('ws_2', id)).toBe(null);
    expect(await kit.deliveries.get('ws_1', 'DLV_1')).toBe(null);
  });
};

const largeBodies = (check: Check): void => {
  check('an attempt shows its large body, which the event has once', async (kit) => {
    const id = await kit.addDelivery(HOOK);
    const other = await kit.addDelivery(HOOK, { event_id: 'evt_2' });
    await kit.db
      .insertInto('bellwire_request_bodies')
      .values([
        { event_id: 'evt_1', hash: 'a', body: 'large' },
        { event_id: 'evt_2', hash: 'a', body: 'other' },
      ])
      .execute();
    const sent = { request_url: 'https://acme.example.com/', request_headers: '{}' };
    const large = { ...sent, request_body_hash: 'a' };
    await kit.db
      .insertInto('bellwire_attempts')
      .values([
        attemptRow(id, 1, large),
        attemptRow(id, 2, { ...sent, request_body: 'small' }),
        attemptRow(id, 3, { ...sent, request_body_hash: 'removed' }),
        attemptRow(other, 1, large),
      ])
      .execute();
    const bodiesOf = async (of: string, page = FIRST_PAGE) =>
      (await kit.deliveries.attempts('ws_1', of, page))!.data.map(({ request }) => request?.body);
    expect(await bodiesOf(id)).toEqual([null, 'small', 'large']);
    expect(await bodiesOf(other)).toEqual(['other']);
  });
};

const filtering = (check: Check): void => {
  check('each status lists its own deliveries, alone and with other filters', async (kit) => {
    const ids: Record<string, string> = {};
    for (const status of deliveryStatuses) ids[status] = await kit.addDelivery(HOOK, { status });
    for (const status of deliveryStatuses) {
      expect(await listed(kit, { status })).toEqual([ids[status]]);
      const narrowed = { status, hook_id: 'wh_1', event_type: 'order.created' };
      expect(await listed(kit, narrowed)).toEqual([ids[status]]);
      expect(await listed(kit, { status, hook_id: 'wh_2' })).toEqual([]);
    }
  });

  check('a hook, an event, a type and a tenant list their own deliveries', async (kit) => {
    const plain = await kit.addDelivery(HOOK);
    const of_hook = await kit.addDelivery({ ...HOOK, id: 'wh_2' });
    const of_event = await kit.addDelivery(HOOK, { event_id: 'evt_2' });
    const of_type = await kit.addDelivery(HOOK, { event_type: 'order.paid' });
    const of_tenant = await kit.addDelivery(HOOK, { tenant: 'cus_1' });
    await kit.addDelivery({ ...HOOK, workspace_id: 'ws_2' }, { tenant: 'cus_1', event_id: 'evt_2' });
    expect(await listed(kit, { hook_id: 'wh_2' })).toEqual([of_hook]);
    expect(await listed(kit, { event_id: 'evt_2' })).toEqual([of_event]);
    expect(await listed(kit, { event_type: 'order.paid' })).toEqual([of_type]);
    expect(await listed(kit, { tenant: 'cus_1' })).toEqual([of_tenant]);
    const all = { event_id: 'evt_1', event_type: 'order.created', hook_id: 'wh_1' };
    expect(await listed(kit, all)).toEqual([of_tenant, plain]);
    expect(await listed(kit, { tenant: 'CUS_1' })).toEqual([]);
  });

  check(
    'deliveries are named by their ids and by their events, each once and only in their workspace',
    async (kit) => {
      const plain = await kit.addDelivery(HOOK);
      const of_event = await kit.addDelivery(HOOK, { event_id: 'evt_2' });
      const other = await kit.addDelivery(HOOK, { event_id: 'evt_3' });
      const foreign = await kit.addDelivery({ ...HOOK, workspace_id: 'ws_2' }, { event_id: 'evt_2' });
      const named = async (delivery_ids: readonly string[], event_ids: readonly string[], limit = 10) =>
        (await kit.deliveries.named('ws_1', { delivery_ids, event_ids, limit })).map(({ id }) => id);
      const three = ['evt_2', 'evt_3', 'evt_4'];
      expect(await named([], [])).toEqual([]);
      expect(await named([plain, foreign, 'dlv_unknown'], [])).toEqual([plain]);
      expect(await named([plain, of_event], three)).toEqual([plain, of_event, other]);
      expect(await named([plain, of_event], three, 2)).toEqual([plain, of_event]);
      const [first] = await kit.deliveries.named('ws_1', { delivery_ids: [plain], event_ids: [], limit: 1 });
      expect(first).toEqual((await kit.deliveries.list('ws_1', { event_id: 'evt_1' }, FIRST_PAGE)).data[0]);
    },
  );

  check('since excludes deliveries with an older created_at', async (kit) => {
    const at = (time: number, created_at = time) =>
      kit.addDelivery(HOOK, { id: kit.idAt('dlv', time), created_at });
    await at(NOW - 1);
    const exactly = await at(NOW);
    // The id of a delivery can be a little younger than its created_at.
    await at(NOW + 5, NOW - 2);
    const later = await at(NOW + 5);
    expect(await listed(kit, { since: NOW })).toEqual([later, exactly]);
    expect(await listed(kit, { since: NOW, status: 'pending' })).toEqual([later, exactly]);
    expect(await listed(kit, { since: 0 })).toHaveLength(4);
    expect(await listed(kit, { since: NOW + 6 })).toEqual([]);
  });

  check('a page ends at its window, and the next page continues behind it', async (kit) => {
    const rows = WINDOW + 2;
    // Ids of one length: `dlv_1000001` to `dlv_1020002`; only the oldest is of the hook.
    await sql`
      insert into ${sql.table('bellwire_deliveries')} 
        (workspace_id, id, event_id, event_type, hook_id, trigger, status, attempts, failures, returns, has_succeeded, suspicion,
         lease_token, created_at, updated_at)
      with recursive counted(n) as (select 1 union all select n + 1 from counted where n < ${sql.lit(rows)})
      select 'ws_1', 'dlv_' || (1000000 + n), 'evt_1', 'order.created',
        case when n = 1 then 'wh_rare' else 'wh_1' end, 'scheduled', 'succeeded', 0, 0, 0, 0, 0, 0, 0, 0
      from counted`.execute(kit.db);
    const pages = await walk((page) => kit.deliveries.list('ws_1', { hook_id: 'wh_rare' }, page), 10);
    expect(pages.map((page) => page.map(({ id }) => id))).toEqual([[], ['dlv_1000001']]);
    // Failed deliveries have an index: the window counts these alone.
    const fail = kit.db.updateTable('bellwire_deliveries').set({ status: 'failed' });
    await fail.where('id', 'in', ['dlv_1000001', 'dlv_1000002']).execute();
    const failed = await walk((page) => kit.deliveries.list('ws_1', { status: 'failed' }, page), 1);
    expect(failed.flat().map(({ id }) => id)).toEqual(['dlv_1000002', 'dlv_1000001']);
    expect(failed).toHaveLength(2);
    const held = await kit.deliveries.list('ws_1', { status: 'held' }, FIRST_PAGE);
    expect(held).toEqual({ data: [], next: 'dlv_1000003' });
  });
};

export const deliveries = (check: Check): void => {
  reading(check);
  largeBodies(check);
  filtering(check);
};
