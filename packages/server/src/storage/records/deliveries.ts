import { type Kysely, type Selectable, sql } from 'kysely';
import type { RecordedHeader } from '../../engine/ports.ts';
import type { DeliveryFilter, Records, StoredAttempt, StoredDelivery } from '../../engine/records.ts';
import type { Schema } from '../schema.ts';
import { rowsToFetch, toPage } from './page.ts';

const toStoredDelivery = (row: Selectable<Schema['bellwire_deliveries']>): StoredDelivery => ({
  id: row.id,
  workspace_id: row.workspace_id,
  event_id: row.event_id,
  event_type: row.event_type,
  hook_id: row.hook_id,
  trigger: row.trigger,
  status: row.status,
  attempts: row.attempts,
  failures: row.failures,
  next_attempt_at: row.next_attempt_at,
  failure_reason: row.failure_reason,
  created_at: row.created_at,
  updated_at: row.updated_at,
});

const toRequest = (row: Selectable<Schema['bellwire_attempts']>): StoredAttempt['request'] =>
  row.request_url === null
    ? null
    : {
        method: row.request_method ?? '',
        url: row.request_url,
        headers: JSON.parse(row.request_headers ?? '{}') as Record<string, RecordedHeader>,
        body: row.request_body ?? '',
      };

const toResponse = (row: Selectable<Schema['bellwire_attempts']>): StoredAttempt['response'] =>
  row.response_status === null
    ? null
    : {
        status: row.response_status,
        headers: JSON.parse(row.response_headers ?? '{}') as Record<string, string>,
        body: row.response_body ?? '',
        body_truncated: row.response_truncated === 1,
      };

const toStoredAttempt = (row: Selectable<Schema['bellwire_attempts']>): StoredAttempt => ({
  id: row.id,
  number: row.number,
  trigger: row.trigger,
  outcome: row.outcome,
  outcome_detail: row.outcome_detail,
  started_at: row.started_at,
  duration_ms: row.duration_ms,
  timings: row.timings === null ? null : (JSON.parse(row.timings) as StoredAttempt['timings']),
  request: toRequest(row),
  response: toResponse(row),
});

/** The rows of a workspace that a filter lets through. The status is a literal, so that its partial index serves. */
const matching = (db: Kysely<Schema>, workspace_id: string, filter: DeliveryFilter) => {
  let query = db.selectFrom('bellwire_deliveries').where('workspace_id', '=', workspace_id);
  if (filter.status !== undefined) query = query.where('status', '=', sql.lit(filter.status));
  if (filter.hook_id !== undefined) query = query.where('hook_id', '=', filter.hook_id);
  if (filter.event_id !== undefined) query = query.where('event_id', '=', filter.event_id);
  if (filter.event_type !== undefined) query = query.where('event_type', '=', filter.event_type);
  if (filter.since !== undefined) query = query.where('created_at', '>=', filter.since);
  return query;
};

export const createDeliveries = (db: Kysely<Schema>): Records['deliveries'] => ({
  list: async (workspace_id, filter, page) => {
    let query = matching(db, workspace_id, filter).selectAll().orderBy('id', 'desc').limit(rowsToFetch(page));
    if (page.after !== null) query = query.where('id', '<', page.after);
    return toPage(await query.execute(), page, { to: toStoredDelivery, keyOf: ({ id }) => id });
  },
  get: async (workspace_id, id) => {
    const row = await db
      .selectFrom('bellwire_deliveries')
      .selectAll()
      .where('workspace_id', '=', workspace_id)
      .where('id', '=', id)
      .executeTakeFirst();
    if (row === undefined) return null;
    const attempts = await db
      .selectFrom('bellwire_attempts')
      .selectAll()
      .where('delivery_id', '=', id)
      .orderBy('number')
      .execute();
    return { ...toStoredDelivery(row), attempt_list: attempts.map(toStoredAttempt) };
  },
  count: async (workspace_id, filter, most) => {
    const { count } = await db
      .selectFrom(matching(db, workspace_id, filter).select('id').limit(most).as('matching'))
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow();
    return count;
  },
});
