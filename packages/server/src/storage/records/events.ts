import type { Kysely, Selectable } from 'kysely';
import type { JsonObject } from '../../core/json.ts';
import type { Records, StoredEvent } from '../../engine/records.ts';
import type { Schema } from '../schema.ts';
import { rowsToFetch, toPage } from './page.ts';

const toStoredEvent = (row: Selectable<Schema['bellwire_events']>): StoredEvent => ({
  id: row.id,
  type: row.type,
  occurred_at: row.occurred_at,
  created_at: row.created_at,
  idempotency_key: row.idempotency_key,
  deliveries: row.deliveries,
  data: JSON.parse(row.data) as JsonObject,
  previous_data: row.previous_data === null ? null : (JSON.parse(row.previous_data) as JsonObject),
});

export const createEvents = (db: Kysely<Schema>): Records['events'] => ({
  list: async (workspace_id, { type }, page) => {
    let query = db
      .selectFrom('bellwire_events')
      .selectAll()
      .where('workspace_id', '=', workspace_id)
      .orderBy('id', 'desc')
      .limit(rowsToFetch(page));
    if (type !== undefined) query = query.where('type', '=', type);
    if (page.after !== null) query = query.where('id', '<', page.after);
    return toPage(await query.execute(), page, { to: toStoredEvent, keyOf: ({ id }) => id });
  },
  get: async (workspace_id, id) => {
    const row = await db
      .selectFrom('bellwire_events')
      .selectAll()
      .where('workspace_id', '=', workspace_id)
      .where('id', '=', id)
      .executeTakeFirst();
    return row === undefined ? null : toStoredEvent(row);
  },
});
