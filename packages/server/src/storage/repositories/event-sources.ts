import { type Expression, expressionBuilder, type Kysely, type SqlBool, sql } from 'kysely';
import type { PageQuery } from '../../ports/page.ts';
import type { EventFilter } from '../../ports/events.ts';
import type { EventSummaryRow } from '../rows/event-row.ts';
import type { Schema } from '../schema.ts';
import { rowsToFetch } from './page.ts';

/** Maximum number of events read per filtered page: filters without an index apply within this window. */
const WINDOW = 20_000;

/** A listed event, with the bytes of the payload that is left out. */
export type ListedRow = EventSummaryRow & { readonly payload_bytes: number };

/** Every column but the large ones, which come last: reading a row ends before them. */
const COLUMNS = [
  'bellwire_events.workspace_id',
  'bellwire_events.id',
  'bellwire_events.tenant',
  'bellwire_events.type',
  'bellwire_events.idempotency_key',
  'bellwire_events.deliveries',
  'bellwire_events.filtered',
  'bellwire_events.addressed',
  'bellwire_events.occurred_at',
  'bellwire_events.created_at',
  'bellwire_events.payload_expired_at',
  'bellwire_events.deliver_at',
  'bellwire_events.metadata',
] as const;

const payloadBytes = sql<number>`coalesce(octet_length(bellwire_events.data), 0)
  + coalesce(octet_length(bellwire_events.previous_data), 0)`.as('payload_bytes');

/** The events of a list in the order of an index, newest first. */
export interface EventSource {
  /** The id of the last event in the window of a page; null if the window reaches the end. */
  readonly endOfWindow: (page: PageQuery) => Promise<string | null>;
  /** The events that meet all conditions, down to the id `end`; null reads to the end. */
  readonly read: (
    page: PageQuery,
    conditions: readonly Expression<SqlBool>[],
    end: string | null,
  ) => Promise<readonly ListedRow[]>;
}

const eb = expressionBuilder<Schema, 'bellwire_events'>();

/** Every event of a workspace. */
export const allEvents = (reader: Kysely<Schema>, workspace_id: string): EventSource => {
  const newest = ({ after }: PageQuery) => {
    const query = reader
      .selectFrom('bellwire_events')
      .where('workspace_id', '=', workspace_id)
      .orderBy('id', 'desc');
    return after === null ? query : query.where('id', '<', after);
  };
  return {
    endOfWindow: async (page) => {
      const last = await newest(page)
        .select('id')
        .offset(WINDOW - 1)
        .limit(1)
        .executeTakeFirst();
      return last?.id ?? null;
    },
    read: (page, conditions, end) => {
      const within = end === null ? newest(page) : newest(page).where('id', '>=', end);
      return within
        .where(eb.and(conditions))
        .select([...COLUMNS, payloadBytes])
        .limit(rowsToFetch(page))
        .execute();
    },
  };
};

/** The events of a workspace with one value in their metadata. */
export const eventsWith = (
  reader: Kysely<Schema>,
  workspace_id: string,
  [key, value]: readonly [string, string],
): EventSource => {
  const newest = ({ after }: PageQuery) => {
    const query = reader
      .selectFrom('bellwire_event_metadata as found')
      .where('found.workspace_id', '=', workspace_id)
      .where('found.key', '=', key)
      .where('found.value', '=', value)
      .orderBy('found.event_id', 'desc');
    return after === null ? query : query.where('found.event_id', '<', after);
  };
  return {
    endOfWindow: async (page) => {
      const last = await newest(page)
        .select('found.event_id')
        .offset(WINDOW - 1)
        .limit(1)
        .executeTakeFirst();
      return last?.event_id ?? null;
    },
    read: (page, conditions, end) => {
      const within = end === null ? newest(page) : newest(page).where('found.event_id', '>=', end);
      return (
        within
          // Makes SQLite read the index first: it would otherwise read every event of the workspace.
          .crossJoin('bellwire_events')
          .whereRef('bellwire_events.workspace_id', '=', 'found.workspace_id')
          .whereRef('bellwire_events.id', '=', 'found.event_id')
          .where(eb.and(conditions))
          .select([...COLUMNS, payloadBytes])
          .limit(rowsToFetch(page))
          .execute()
      );
    },
  };
};

/** The conditions of a filter on columns without an index. */
export const conditionsOf = ({ type, tenant }: EventFilter): readonly Expression<SqlBool>[] =>
  (
    [
      ['bellwire_events.type', type],
      ['bellwire_events.tenant', tenant],
    ] as const
  ).flatMap(([column, value]) => (value === undefined ? [] : [eb(column, '=', value)]));

export const hasId = (id: string): Expression<SqlBool> => eb('bellwire_events.id', '=', id);

/** The condition that an event has an idempotency key, of any tenant. */
export const hasKey = (workspace_id: string, idempotency_key: string): Expression<SqlBool> =>
  // As a list of ids: next to the order by id, SQLite would not use the index of the keys.
  eb(
    'bellwire_events.id',
    'in',
    eb
      .selectFrom('bellwire_events as keyed')
      .select('keyed.id')
      .where('keyed.workspace_id', '=', workspace_id)
      .where('keyed.idempotency_key', '=', idempotency_key),
  );

/** The condition that the metadata of an event has this value. */
export const hasMetadata = ([key, value]: readonly [string, string]): Expression<SqlBool> =>
  eb.exists(
    eb
      .selectFrom('bellwire_event_metadata as own')
      .select('own.event_id')
      .whereRef('own.workspace_id', '=', 'bellwire_events.workspace_id')
      .where('own.key', '=', key)
      .where('own.value', '=', value)
      .whereRef('own.event_id', '=', 'bellwire_events.id'),
  );
