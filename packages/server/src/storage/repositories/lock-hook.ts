import type { Transaction } from 'kysely';
import type { HookRow } from '../rows/hook-row.ts';
import type { Schema } from '../schema.ts';

/**
 * The row of a hook, locked until the transaction ends: what the transaction reads after it, no other one changes
 * that locks the hook first. Undefined when there is no such hook.
 */
export const lockHook = (
  trx: Transaction<Schema>,
  workspace_id: string,
  id: string,
): Promise<HookRow | undefined> =>
  trx
    .updateTable('bellwire_hooks')
    // An update that changes nothing, because SQLite has no `for update`.
    .set(({ ref }) => ({ updated_at: ref('updated_at') }))
    .where('workspace_id', '=', workspace_id)
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .returningAll()
    .executeTakeFirst();
