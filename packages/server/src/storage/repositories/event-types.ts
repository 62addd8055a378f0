import { type Insertable, type Kysely, type Selectable, sql } from 'kysely';
import { MAX_PAGE_BYTES } from '../../core/catalog-limits.ts';
import type { JsonObject } from '../../core/json.ts';
import type { EventType, Repositories } from '../../ports/repositories.ts';
import type { Connections, Schema } from '../schema.ts';
import type { RepositoryParts } from './parts.ts';
import { rowsToFetch } from './page.ts';

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

/** The size of a text, which neither database reads for it. */
const bytesOf = (column: 'description' | 'schema' | 'example' | 'previous_example') =>
  sql<number>`coalesce(octet_length(${sql.ref(column)}), 0)`;

type List = Repositories['event_types']['list'];

const createList =
  (reader: Kysely<Schema>): List =>
  async (workspace_id, page) => {
    const types = reader
      .selectFrom('bellwire_event_types')
      .where('workspace_id', '=', workspace_id)
      .where('name', '>', page.after ?? '')
      .orderBy('name');
    const sizes = await types
      .select([
        'name',
        sql<number>`${bytesOf('description')} + ${bytesOf('schema')} + ${bytesOf('example')} + ${bytesOf('previous_example')}`.as(
          'bytes',
        ),
      ])
      .limit(rowsToFetch(page))
      .execute();
    let bytes = 0;
    const reached = sizes.findIndex((size) => (bytes += size.bytes) >= MAX_PAGE_BYTES);
    const limit = reached === -1 ? page.limit : Math.min(page.limit, reached + 1);
    const last = sizes.slice(0, limit).at(-1);
    if (last === undefined) return { data: [], next: null };
    const rows = await types.selectAll().where('name', '<=', last.name).limit(limit).execute();
    return { data: rows.map(toEventType), next: sizes.length > limit ? last.name : null };
  };

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
  list: createList(reader),
  get: async (workspace_id, name) => {
    const row = await db
      .selectFrom('bellwire_event_types')
      .selectAll()
      .where('workspace_id', '=', workspace_id)
      .where('name', '=', name)
      .executeTakeFirst();
    return row === undefined ? null : toEventType(row);
  },
  sizeWithout: async (workspace_id, name) => {
    const { event_types, schemas_bytes } = await db
      .selectFrom('bellwire_event_types')
      .select(({ fn }) => [
        fn.countAll<number | string>().as('event_types'),
        fn.sum<number | string | null>(bytesOf('schema')).as('schemas_bytes'),
      ])
      .where('workspace_id', '=', workspace_id)
      .where('name', '!=', name)
      .executeTakeFirstOrThrow();
    return { event_types: Number(event_types), schemas_bytes: Number(schemas_bytes ?? 0) };
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
