import { sql } from 'kysely';
import type { IdFactory } from '../../core/ids.ts';
import type { AttemptedSettlement, Store } from '../../ports/store.ts';
import type { DeliveryRow } from '../rows/delivery-row.ts';
import { RELEASED_MAX, toInterrupted } from '../store/interrupted.ts';
import type { Session } from './session.ts';

type Release = Parameters<Store['releaseLeases']>[0];

/**
 * Settlements for leases whose holder is gone, as if each attempt had been interrupted. Call it before the transaction
 * that writes them: a lease that ends meanwhile is stale there.
 */
export const findLostLeases = async (
  session: Session,
  release: Release,
  { ids, node_id }: { readonly ids: IdFactory; readonly node_id: string },
): Promise<readonly AttemptedSettlement[]> => {
  const sending = session.db
    .selectFrom('bellwire_deliveries')
    .selectAll()
    .where('status', '=', sql.lit('sending'));
  const found = await session.all<DeliveryRow>(
    release.of === 'dead_nodes'
      ? sending.where('leased_by', '!=', node_id).limit(RELEASED_MAX)
      : sending.where('lease_until', '<', release.now).limit(RELEASED_MAX + release.held.size),
  );
  const rows = release.of === 'dead_nodes' ? found : found.filter(({ id }) => !release.held.has(id));
  return rows.slice(0, RELEASED_MAX).map((row) => toInterrupted(row, ids('att')));
};
