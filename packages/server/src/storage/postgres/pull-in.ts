import { sql } from 'kysely';
import type { PullInResult, Store } from '../../ports/store.ts';
import { waitingHooks } from '../waiting-hooks.ts';
import { isOpen } from './open-deliveries.ts';
import type { Session } from './session.ts';

/** Hooks per slice, whether or not one of their deliveries is too far ahead. */
const HOOKS = 500;

/** Makes deliveries due that no schedule can have delayed for so long, inside the open transaction. */
export const pullIn = async (
  session: Session,
  { now, beyond, after, limit }: Parameters<Store['pullIn']>[0],
): Promise<PullInResult> => {
  const deliveries = sql.table('bellwire_deliveries');
  const visited = await session.all(
    waitingHooks(session.db, { after, limit: HOOKS })
      .select([
        'bellwire_hooks.id as hook_id',
        sql<boolean>`exists (select 1 from ${deliveries} d where d.status = 'pending' and d.hook_id = waiting.hook_id
          and d.next_attempt_at > ${beyond})`.as('is_ahead'),
      ])
      .orderBy('waiting.step'),
  );
  let pulled = 0;
  let next = after;
  for (const { hook_id, is_ahead } of visited) {
    if (is_ahead) {
      pulled += await session.run(sql`
        update ${deliveries} d set next_attempt_at = ${now}, updated_at = ${now}
        where ${isOpen('d')} and (workspace_id, id) in (select workspace_id, id from ${deliveries} where hook_id = ${hook_id}
          and status = 'pending' and next_attempt_at > ${beyond} limit ${limit - pulled} for update skip locked)`);
    }
    // The rest of this hook is that of the next slice.
    if (pulled >= limit) return { pulled, next };
    next = hook_id;
  }
  return { pulled, next: visited.length < HOOKS ? null : next };
};
