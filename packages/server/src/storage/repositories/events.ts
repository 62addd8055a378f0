import type { SelectQueryBuilder } from 'kysely';
import type { EventFilter, PageQuery, Repositories } from '../../ports/repositories.ts';
import { toStoredEvent } from '../rows/event-row.ts';
import type { Connections, Schema } from '../schema.ts';
import { rowsToFetch, toPage } from './page.ts';

/** Maximum number of events read per filtered page: filters without an index apply within this window. */
const WINDOW = 20_000;

type Query<T> = SelectQueryBuilder<Schema, 'bellwire_events', T>;

const matching = <T>(query: Query<T>, { type, tenant }: EventFilter): Query<T> => {
  let matched = query;
  if (type !== undefined) matched = matched.where('type', '=', type);
  if (tenant !== undefined) matched = matched.where('tenant', '=', tenant);
  return matched;
};

export const createEvents = ({ reader }: Connections): Repositories['events'] => {
  const newest = (workspace_id: string, { after }: PageQuery) => {
    const query = reader
      .selectFrom('bellwire_events')
      .where('workspace_id', '=', workspace_id)
      .orderBy('id', 'desc');
    return after === null ? query : query.where('id', '<', after);
  };

  /** The id of the last row of a full window; null if the window reaches the end. */
  const endOfWindow = async (workspace_id: string, page: PageQuery): Promise<string | null> => {
    const last = await newest(workspace_id, page)
      .select('id')
      .offset(WINDOW - 1)
      .limit(1)
      .executeTakeFirst();
    return last?.id ?? null;
  };

  /** The id of the event that receivers know by `wire_id`. */
  const idOf = async (workspace_id: string, wire_id: string): Promise<string> => {
    const known = await reader
      .selectFrom('bellwire_wire_ids')
      .select('event_id')
      .where('workspace_id', '=', workspace_id)
      .where('wire_id', '=', wire_id)
      .executeTakeFirst();
    return known?.event_id ?? wire_id;
  };

  return {
    list: async (workspace_id, filter, page) => {
      const shape = { to: toStoredEvent, keyOf: ({ id }: { readonly id: string }) => id };
      const fetch = (query: ReturnType<typeof newest>) =>
        matching(query.selectAll(), filter).limit(rowsToFetch(page)).execute();
      if (filter.wire_id !== undefined) {
        const id = await idOf(workspace_id, filter.wire_id);
        return toPage(await fetch(newest(workspace_id, page).where('id', '=', id)), page, shape);
      }
      if (filter.type === undefined && filter.tenant === undefined) {
        return toPage(await fetch(newest(workspace_id, page)), page, shape);
      }
      const end = await endOfWindow(workspace_id, page);
      const window = newest(workspace_id, page);
      const found = toPage(await fetch(end === null ? window : window.where('id', '>=', end)), page, shape);
      return { ...found, next: found.next ?? end };
    },
    get: async (workspace_id, id) => {
      const row = await reader
        .selectFrom('bellwire_events')
        .selectAll()
        .where('workspace_id', '=', workspace_id)
        .where('id', '=', id)
        .executeTakeFirst();
      return row === undefined ? null : toStoredEvent(row);
    },
  };
};
