import type { Transaction } from 'kysely';
import type { HookRow } from '../rows/hook-row.ts';
import type { Schema } from '../schema.ts';

/**
 * Locks a hook until the end of the transaction, against every other transaction that locks it first. Returns its row;
 * undefined if it does not exist.
 */
export const lockHook = (
  trx: Transaction<Schema>,
  workspace_id: string,
  id: string,
): Promise<HookRow | undefined> =>
  trx
    .updateTable('bellwire_hooks')
    // An update without a change, because SQLite does not have `for update`.
    .set(({ ref }) => ({ updated_at: ref('updated_at') }))
    .where('workspace_id', '=', workspace_id)
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .returningAll()
    .executeTakeFirst();
