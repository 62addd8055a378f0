import type { Kysely } from 'kysely';
import type { Page, PageQuery } from '../../ports/page.ts';
import type { Repositories, StoredEvent } from '../../ports/repositories.ts';
import { type EventRow, toStoredEvent } from '../rows/event-row.ts';
import type { Connections, Schema } from '../schema.ts';
import {
  allEvents,
  conditionsOf,
  type EventSource,
  eventsWith,
  hasId,
  hasKey,
  hasMetadata,
} from './event-sources.ts';
import { toPage } from './page.ts';
import { eventIdOf } from './wire-ids.ts';

const toEvents = (rows: readonly EventRow[], page: PageQuery): Page<StoredEvent> =>
  toPage(rows, page, { to: toStoredEvent, keyOf: ({ id }) => id });

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

type List = Repositories['events']['list'];

const createList =
  (reader: Kysely<Schema>): List =>
  async (workspace_id, filter, page) => {
    const { wire_id, metadata = {}, idempotency_key } = filter;
    const pairs = Object.entries(metadata);
    const conditions = conditionsOf(filter);
    // A wire id or an idempotency key has at most a few events, found by their own index.
    if (wire_id !== undefined || idempotency_key !== undefined) {
      const ids = wire_id === undefined ? [] : [hasId(await eventIdOf(reader, workspace_id, wire_id))];
      const keys = idempotency_key === undefined ? [] : [hasKey(workspace_id, idempotency_key)];
      const every = [...ids, ...keys, ...conditions, ...pairs.map(hasMetadata)];
      return toEvents(await allEvents(reader, workspace_id).read(page, every, null), page);
    }
    const sourceOf = (pair: Pair) => eventsWith(reader, workspace_id, pair);
    const chosen = await mostSelective(pairs, sourceOf, page);
    const source = chosen === undefined ? allEvents(reader, workspace_id) : sourceOf(chosen);
    const every = [...conditions, ...pairs.filter((pair) => pair !== chosen).map(hasMetadata)];
    const end = every.length === 0 ? null : await source.endOfWindow(page);
    const found = toEvents(await source.read(page, every, end), page);
    return { ...found, next: found.next ?? end };
  };

export const createEvents = ({ reader }: Connections): Repositories['events'] => ({
  list: createList(reader),
  get: async (workspace_id, id) => {
    const row = await reader
      .selectFrom('bellwire_events')
      .selectAll()
      .where('workspace_id', '=', workspace_id)
      .where('id', '=', id)
      .executeTakeFirst();
    return row === undefined ? null : toStoredEvent(row);
  },
});
