import { type Kysely, sql } from 'kysely';
import type { Schema } from '../schema.ts';

/** When the first pending delivery of each hook is due: one step into an index per hook. */
export const readNextAttempts = async (
  db: Kysely<Schema>,
  hook_ids: readonly string[],
): Promise<ReadonlyMap<string, number | null>> => {
  if (hook_ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('bellwire_hooks')
    .select((eb) => [
      'id',
      eb
        .selectFrom('bellwire_deliveries')
        .select('next_attempt_at')
        .whereRef('hook_id', '=', 'bellwire_hooks.id')
        .where('status', '=', sql.lit('pending'))
        // Those that wait for earlier ones of their order are not due at any time.
        .where('next_attempt_at', 'is not', null)
        .orderBy('next_attempt_at')
        .limit(1)
        .as('next_attempt_at'),
    ])
    .where('id', 'in', hook_ids)
    .execute();
  return new Map(rows.map(({ id, next_attempt_at }) => [id, next_attempt_at]));
};
