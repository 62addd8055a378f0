import type { Transaction } from 'kysely';
import { boundOf } from '../../core/erasure.ts';
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

/** Deletes the recoveries that name the tenant or one of the hooks. */
export const deleteRecoveries = async (
  trx: Transaction<Schema>,
  erasure: Erasure,
  hook_ids: readonly string[],
): Promise<void> => {
  const { workspace_id, tenant } = erasure;
  const covered = trx
    .deleteFrom('bellwire_recoveries')
    .where('workspace_id', '=', workspace_id)
    .where('id', '<', boundOf(erasure, 'rcv'));
  if (hook_ids.length > 0) await covered.where('hook_id', 'in', hook_ids).execute();
  if (tenant === null) return;
  await covered.where((eb) => eb.or([eb('tenant', '=', tenant), eb('owner', '=', tenant)])).execute();
};

/** Deletes a slice of the tenants of a workspace. True if there may be more. */
export const deleteTenants = async (
  trx: Transaction<Schema>,
  { erasure, limit }: { readonly erasure: Erasure; readonly limit: number },
): Promise<boolean> => {
  const ofWorkspace = trx.deleteFrom('bellwire_tenants').where('workspace_id', '=', erasure.workspace_id);
  const slice = trx
    .selectFrom('bellwire_tenants')
    .select('tenant')
    .where('workspace_id', '=', erasure.workspace_id)
    .limit(limit);
  const { numDeletedRows } = await ofWorkspace.where('tenant', 'in', slice).executeTakeFirst();
  return Number(numDeletedRows) === limit;
};
