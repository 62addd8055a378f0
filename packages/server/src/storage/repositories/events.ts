import type { Kysely } from 'kysely';
import type { Page, PageQuery } from '../../ports/page.ts';
import type { EventFilter, Events } from '../../ports/events.ts';
import { toEventPayload, toEventSummary } from '../rows/event-row.ts';
import type { Connections, Schema } from '../schema.ts';
import {
  allEvents,
  conditionsOf,
  type EventSource,
  eventsWith,
  hasId,
  hasKey,
  hasMetadata,
  type ListedRow,
} from './event-sources.ts';
import { toPage } from './page.ts';
import { eventIdOf } from './wire-ids.ts';

/** The largest size of an event beside its payload, about. */
const SUMMARY_BYTES = 512;

interface Shape {
  /** Whether the page has to fit with the payloads of its events. */
  readonly payloads: boolean;
}

const toRows = (rows: readonly ListedRow[], page: PageQuery, { payloads }: Shape): Page<ListedRow> =>
  toPage(rows, page, {
    to: (row) => row,
    keyOf: ({ id }) => id,
    ...(payloads ? { sizeOf: ({ payload_bytes }) => payload_bytes + SUMMARY_BYTES } : {}),
  });

type Pair = readonly [string, string];

/** The first pair with few events, like the order id of `{ region: 'eu', order_id: '42' }`; else the first one. */
const mostSelective = async (
  pairs: readonly Pair[],
  sourceOf: (pair: Pair) => EventSource,
  page: PageQuery,
): Promise<Pair | undefined> => {
  if (pairs.length > 1) {
    for (const pair of pairs) if ((await sourceOf(pair).endOfWindow(page)) === null) return pair;
  }
  return pairs[0];
};

const readPage = async (
  reader: Kysely<Schema>,
  { workspace_id, filter }: { readonly workspace_id: string; readonly filter: EventFilter },
  { page, ...shape }: Shape & { readonly page: PageQuery },
): Promise<Page<ListedRow>> => {
  const { wire_id, metadata = {}, idempotency_key } = filter;
  const pairs = Object.entries(metadata);
  const conditions = conditionsOf(filter);
  // A wire id or an idempotency key has at most a few events, found by their own index.
  if (wire_id !== undefined || idempotency_key !== undefined) {
    const ids = wire_id === undefined ? [] : [hasId(await eventIdOf(reader, workspace_id, wire_id))];
    const keys = idempotency_key === undefined ? [] : [hasKey(workspace_id, idempotency_key)];
    const every = [...ids, ...keys, ...conditions, ...pairs.map(hasMetadata)];
    return toRows(await allEvents(reader, workspace_id).read(page, every, null), page, shape);
  }
  const sourceOf = (pair: Pair) => eventsWith(reader, workspace_id, pair);
  const chosen = await mostSelective(pairs, sourceOf, page);
  const source = chosen === undefined ? allEvents(reader, workspace_id) : sourceOf(chosen);
  const every = [...conditions, ...pairs.filter((pair) => pair !== chosen).map(hasMetadata)];
  const end = every.length === 0 ? null : await source.endOfWindow(page);
  const found = toRows(await source.read(page, every, end), page, shape);
  return { ...found, next: found.next ?? end };
};

/** The payloads of events by id; an event can be deleted meanwhile. */
const readPayloads = async (reader: Kysely<Schema>, workspace_id: string, ids: readonly string[]) => {
  if (ids.length === 0) return new Map<string, never>();
  const rows = await reader
    .selectFrom('bellwire_events')
    .select(['id', 'data', 'previous_data'])
    .where('workspace_id', '=', workspace_id)
    .where('id', 'in', ids)
    .execute();
  return new Map(rows.map((row) => [row.id, toEventPayload(row)]));
};

export const createEvents = ({ reader }: Connections): Events => ({
  list: async (workspace_id, filter, page) => {
    const { data, next } = await readPage(reader, { workspace_id, filter }, { page, payloads: false });
    return { data: data.map(toEventSummary), next };
  },
  listWithPayloads: async (workspace_id, filter, page) => {
    const { data, next } = await readPage(reader, { workspace_id, filter }, { page, payloads: true });
    const ids = data.map(({ id }) => id);
    const payloads = await readPayloads(reader, workspace_id, ids);
    const found = data.flatMap((row) => {
      const payload = payloads.get(row.id);
      return payload === undefined ? [] : [{ ...toEventSummary(row), ...payload }];
    });
    return { data: found, next };
  },
  get: async (workspace_id, id) => {
    const row = await reader
      .selectFrom('bellwire_events')
      .selectAll()
      .where('workspace_id', '=', workspace_id)
      .where('id', '=', id)
      .executeTakeFirst();
    return row === undefined ? null : { ...toEventSummary(row), ...toEventPayload(row) };
  },
});
