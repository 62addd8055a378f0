import type { Insertable, Selectable } from 'kysely';
import type { JsonObject } from '../../core/json.ts';
import type { EventType, Repositories } from '../../ports/repositories.ts';
import type { Connections, Schema } from '../schema.ts';
import type { RepositoryParts } from './parts.ts';
import { rowsToFetch, toPage } from './page.ts';

const parse = (text: string | null): JsonObject | null =>
  text === null ? null : (JSON.parse(text) as JsonObject);
const stringify = (value: JsonObject | null): string | null =>
  value === null ? null : JSON.stringify(value);

const toEventType = (row: Selectable<Schema['bellwire_event_types']>): EventType => ({
  name: row.name,
  description: row.description,
  schema: parse(row.schema),
  example: parse(row.example),
  previous_example: parse(row.previous_example),
  created_at: row.created_at,
  updated_at: row.updated_at,
});

export const toEventTypeRow = (
  workspace_id: string,
  type: EventType,
): Insertable<Schema['bellwire_event_types']> => ({
  ...type,
  workspace_id,
  schema: stringify(type.schema),
  example: stringify(type.example),
  previous_example: stringify(type.previous_example),
});

export const createEventTypes = (
  { db, reader }: Connections,
  { invalidations }: RepositoryParts,
): Repositories['event_types'] => ({
  put: async (workspace_id, type) => {
    const row = toEventTypeRow(workspace_id, type);
    const { created_at: _, ...changed } = row;
    const stored = await db
      .insertInto('bellwire_event_types')
      .values(row)
      .onConflict((conflict) => conflict.columns(['workspace_id', 'name']).doUpdateSet(changed))
      .returningAll()
      .executeTakeFirstOrThrow();
    invalidations.publish({ kind: 'catalog', workspace_id });
    return toEventType(stored);
  },
  list: async (workspace_id, page) => {
    let query = reader
      .selectFrom('bellwire_event_types')
      .selectAll()
      .where('workspace_id', '=', workspace_id)
      .orderBy('name')
      .limit(rowsToFetch(page));
    if (page.after !== null) query = query.where('name', '>', page.after);
    return toPage(await query.execute(), page, { to: toEventType, keyOf: ({ name }) => name });
  },
  get: async (workspace_id, name) => {
    const row = await db
      .selectFrom('bellwire_event_types')
      .selectAll()
      .where('workspace_id', '=', workspace_id)
      .where('name', '=', name)
      .executeTakeFirst();
    return row === undefined ? null : toEventType(row);
  },
  remove: async (workspace_id, name) => {
    const { numDeletedRows } = await db
      .deleteFrom('bellwire_event_types')
      .where('workspace_id', '=', workspace_id)
      .where('name', '=', name)
      .executeTakeFirst();
    invalidations.publish({ kind: 'catalog', workspace_id });
    return numDeletedRows > 0n;
  },
});
