import { type Kysely, sql } from 'kysely';
import type { Repositories } from '../../ports/repositories.ts';
import { toStoredAttempt } from '../rows/attempt-row.ts';
import type { Connections, Schema } from '../schema.ts';
import { rowsToFetch, toPage } from './page.ts';

/** Without the bodies: a page of attempts of 1 MiB each would otherwise be read before it is cut. */
const sizes = sql<number>`coalesce(octet_length(request_body), 0) + coalesce(octet_length(response_body), 0)`;

const readAttempts = (db: Kysely<Schema>, delivery_id: string, numbers: readonly number[]) =>
  db
    .selectFrom('bellwire_attempts')
    .selectAll()
    .where('delivery_id', '=', delivery_id)
    .where('number', 'in', numbers)
    .orderBy('number', 'desc')
    .execute();

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
      .select('id')
      .where('workspace_id', '=', workspace_id)
      .where('id', '=', id)
      .executeTakeFirst();
    if (delivery === undefined) return null;
    let query = reader
      .selectFrom('bellwire_attempts')
      .select(['number', sizes.as('bytes')])
      .where('delivery_id', '=', id)
      .orderBy('number', 'desc')
      .limit(rowsToFetch(page));
    if (page.after !== null) query = query.where('number', '<', numberIn(page.after));
    const found = toPage(await query.execute(), page, {
      to: ({ number }) => number,
      keyOf: ({ number }) => String(number),
      sizeOf: ({ bytes }) => bytes,
    });
    if (found.data.length === 0) return { data: [], next: null };
    return { ...found, data: (await readAttempts(reader, id, found.data)).map(toStoredAttempt) };
  };
