import type { Kysely, Selectable } from 'kysely';
import type { JsonObject } from '../../core/json.ts';
import type { EventFilter, PageQuery, Repositories, StoredEvent } from '../../ports/repositories.ts';
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

/** Events that one filtered page looks at, at the most, so that no list holds the loop. */
const WINDOW = 20_000;

export const createEvents = (db: Kysely<Schema>): Repositories['events'] => {
  const newest = (workspace_id: string, { after }: PageQuery) => {
    const query = db
      .selectFrom('bellwire_events')
      .where('workspace_id', '=', workspace_id)
      .orderBy('id', 'desc');
    return after === null ? query : query.where('id', '<', after);
  };

  /** The ids of one window that a filter lets through, and where the next window begins. */
  const filtered = async (workspace_id: string, filter: EventFilter, page: PageQuery) => {
    const window = await newest(workspace_id, page).select(['id', 'type']).limit(WINDOW).execute();
    const ids = window
      .filter(({ id, type }) => (filter.type ?? type) === type && (filter.where?.(id) ?? true))
      .map(({ id }) => id);
    return { ids, next: window.length === WINDOW ? (window.at(-1)?.id ?? null) : null };
  };

  const select = (workspace_id: string, ids: readonly string[]) =>
    db
      .selectFrom('bellwire_events')
      .selectAll()
      .where('workspace_id', '=', workspace_id)
      .where('id', 'in', ids)
      .orderBy('id', 'desc')
      .execute();

  return {
    list: async (workspace_id, filter, page) => {
      const shape = { to: toStoredEvent, keyOf: ({ id }: { readonly id: string }) => id };
      if (filter.type === undefined && filter.where === undefined) {
        const rows = await newest(workspace_id, page).selectAll().limit(rowsToFetch(page)).execute();
        return toPage(rows, page, shape);
      }
      const { ids, next } = await filtered(workspace_id, filter, page);
      const found = toPage(await select(workspace_id, ids.slice(0, rowsToFetch(page))), page, shape);
      return { ...found, next: found.next ?? next };
    },
    get: async (workspace_id, id) => {
      const [row] = await select(workspace_id, [id]);
      return row === undefined ? null : toStoredEvent(row);
    },
  };
};
