import { type Kysely, sql } from 'kysely';
import type { Repositories } from '../../ports/repositories.ts';
import { toStoredAttempt } from '../rows/attempt-row.ts';
import type { Connections, Schema } from '../schema.ts';
import { rowsToFetch, toPage } from './page.ts';

/** The attempts of a delivery, each with its large body if it has one. */
const attemptsOf = (
  db: Kysely<Schema>,
  { id, event_id }: { readonly id: string; readonly event_id: string },
) =>
  db
    .selectFrom('bellwire_attempts as a')
    .leftJoin('bellwire_request_bodies as b', (join) =>
      join.on('b.event_id', '=', event_id).onRef('b.hash', '=', 'a.request_body_hash'),
    )
    .where('a.delivery_id', '=', id)
    .orderBy('a.number', 'desc');

/** Without the bodies: a page of attempts of 1 MiB each would otherwise be read before it is cut. */
const sizes = sql<number>`coalesce(octet_length(a.request_body), octet_length(b.body), 0) +
  coalesce(octet_length(a.response_body), 0)`;

/** The number in a cursor. One of another list is behind every attempt. */
const numberIn = (cursor: string): number => {
  const number = Number(cursor);
  return Number.isSafeInteger(number) ? number : 0;
};

/** The attempts of deliveries. A cursor is the number of an attempt. */
export const createDeliveryAttempts =
  ({ reader }: Pick<Connections, 'reader'>): Repositories['deliveries']['attempts'] =>
  async (workspace_id, id, page) => {
    const delivery = await reader
      .selectFrom('bellwire_deliveries')
      .select(['id', 'event_id'])
      .where('workspace_id', '=', workspace_id)
      .where('id', '=', id)
      .executeTakeFirst();
    if (delivery === undefined) return null;
    let query = attemptsOf(reader, delivery)
      .select(['a.number', sizes.as('bytes')])
      .limit(rowsToFetch(page));
    if (page.after !== null) query = query.where('a.number', '<', numberIn(page.after));
    const found = toPage(await query.execute(), page, {
      to: ({ number }) => number,
      keyOf: ({ number }) => String(number),
      sizeOf: ({ bytes }) => bytes,
    });
    if (found.data.length === 0) return { data: [], next: null };
    const rows = await attemptsOf(reader, delivery)
      .selectAll('a')
      .select(sql<string | null>`coalesce(a.request_body, b.body)`.as('request_body'))
      .where('a.number', 'in', found.data)
      .execute();
    return { ...found, data: rows.map(toStoredAttempt) };
  };
