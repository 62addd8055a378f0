import type { Transaction } from 'kysely';
import { boundOf } from '../../core/erasure.ts';
import type { RecoveryFilter } from '../../core/recovery.ts';
import type { Erasure } from '../../ports/erasures.ts';
import type { Schema } from '../schema.ts';

const STRIPPED = { changes: null, tenant: null };

/**
 * Removes the fields from audit entries about the erased hooks, and from a slice of those about the rest of the tenant or
 * workspace. True if there may be more.
 */
export const stripAudit = async (
  trx: Transaction<Schema>,
  { erasure, limit }: { readonly erasure: Erasure; readonly limit: number },
  hook_ids: readonly string[],
): Promise<boolean> => {
  const { workspace_id, tenant } = erasure;
  if (hook_ids.length > 0) {
    // Also entries that are younger than the erasure.
    await trx
      .updateTable('bellwire_audit')
      .set(STRIPPED)
      .where('workspace_id', '=', workspace_id)
      .where('subject', 'in', hook_ids)
      .where('changes', 'is not', null)
      .execute();
  }
  const query = trx
    .selectFrom('bellwire_audit')
    .select('id')
    .where('workspace_id', '=', workspace_id)
    .where('changes', 'is not', null)
    .where('id', '<', boundOf(erasure, 'aud'))
    .limit(limit);
  const rows = await (tenant === null ? query : query.where('tenant', '=', tenant)).execute();
  if (rows.length === 0) return false;
  await trx
    .updateTable('bellwire_audit')
    .set(STRIPPED)
    .where('workspace_id', '=', workspace_id)
    .where(
      'id',
      'in',
      rows.map(({ id }) => id),
    )
    .execute();
  return rows.length === limit;
};

/** Deletes recoveries. They are few, since retention deletes them. Their filters name the tenant and the hook. */
export const deleteRecoveries = async (
  trx: Transaction<Schema>,
  erasure: Erasure,
  hook_ids: ReadonlySet<string>,
): Promise<void> => {
  const { workspace_id, tenant } = erasure;
  const rows = await trx
    .selectFrom('bellwire_recoveries')
    .select(['id', 'filter'])
    .where('workspace_id', '=', workspace_id)
    .where('id', '<', boundOf(erasure, 'rcv'))
    .execute();
  const covered = rows.filter(({ filter }) => {
    const { tenant: of_tenant, hook_id } = JSON.parse(filter) as RecoveryFilter;
    return (tenant !== null && of_tenant === tenant) || (hook_id !== null && hook_ids.has(hook_id));
  });
  if (covered.length === 0) return;
  await trx
    .deleteFrom('bellwire_recoveries')
    .where('workspace_id', '=', workspace_id)
    .where(
      'id',
      'in',
      covered.map(({ id }) => id),
    )
    .execute();
};
