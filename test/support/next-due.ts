import { type Kysely, sql } from 'kysely';
import type { Schema } from '../../packages/server/src/storage/schema.ts';

/** When the next pending delivery can be sent: not before the probe of a hook whose breaker is open. Null if none is pending. */
export const nextDueOf = async (db: Kysely<Schema>): Promise<number | null> => {
  const pending = db.selectFrom('bellwire_deliveries').where('status', '=', 'pending');
  const open = await db
    .selectFrom('bellwire_throttles')
    .select('hook_id')
    .where('state', '=', 'open')
    .limit(1)
    .execute();
  if (open.length === 0) {
    const { due } = await pending
      .select(({ fn }) => fn.min('next_attempt_at').as('due'))
      .executeTakeFirstOrThrow();
    return due;
  }
  const { due } = await pending
    .leftJoin('bellwire_throttles', (join) =>
      join
        .onRef('bellwire_throttles.hook_id', '=', 'bellwire_deliveries.hook_id')
        .on('bellwire_throttles.state', '=', 'open'),
    )
    .select(
      sql<number | null>`min(case when probe_at > next_attempt_at then probe_at else next_attempt_at end)`.as(
        'due',
      ),
    )
    .executeTakeFirstOrThrow();
  return due;
};
