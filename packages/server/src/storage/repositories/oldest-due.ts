import { type Kysely, sql } from 'kysely';
import type { Schema } from '../schema.ts';
import { waitingHooks } from '../waiting-hooks.ts';

const HOOKS_MAX = 10_000;

/** When the longest due delivery of each workspace was due: a step into the index of due deliveries per waiting hook. */
export const readOldestDue = async (
  db: Kysely<Schema>,
  now: number,
): Promise<ReadonlyMap<string, number>> => {
  const rows = await waitingHooks(db, { after: '', limit: HOOKS_MAX })
    .leftJoin('bellwire_throttles', 'bellwire_throttles.hook_id', 'bellwire_hooks.id')
    .where('bellwire_hooks.is_operational', '=', sql.lit(0))
    // What waits for a receiver that fails does not show that this server falls behind.
    .where(({ eb, or }) => or([eb('state', 'is', null), eb('state', '=', 'closed')]))
    .select((eb) => [
      'bellwire_hooks.workspace_id',
      eb
        .selectFrom('bellwire_deliveries')
        .select('next_attempt_at')
        .whereRef('bellwire_deliveries.hook_id', '=', 'bellwire_hooks.id')
        .where('status', '=', sql.lit('pending'))
        .where('next_attempt_at', 'is not', null)
        .orderBy('next_attempt_at')
        .limit(1)
        .as('due_at'),
    ])
    .execute();
  const oldest = new Map<string, number>();
  for (const { workspace_id, due_at } of rows) {
    if (due_at === null || due_at > now) continue;
    oldest.set(workspace_id, Math.min(due_at, oldest.get(workspace_id) ?? due_at));
  }
  return oldest;
};
