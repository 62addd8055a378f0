import { sql } from 'kysely';
import type { IdFactory } from '../../core/ids.ts';
import type { AttemptedSettlement, Store } from '../../ports/store.ts';
import type { DeliveryRow } from '../rows/delivery-row.ts';
import { RELEASED_MAX, toInterrupted } from '../store/interrupted.ts';
import { prepare, type SqliteConnection } from './prepared.ts';

type Release = Parameters<Store['releaseLeases']>[0];

/** Settlements for leases whose holder is gone, as if each attempt had been interrupted. */
export const createLostLeases = (
  { db, raw }: SqliteConnection,
  { ids, node_id }: { readonly ids: IdFactory; readonly node_id: string },
): ((release: Release) => readonly AttemptedSettlement[]) => {
  const selectOfOthers = prepare<{ node_id: string; limit: number }, DeliveryRow>(raw, (param) =>
    db
      .selectFrom('bellwire_deliveries')
      .selectAll()
      .where('status', '=', sql.lit('sending'))
      .where('leased_by', '!=', param('node_id'))
      .limit(param('limit')),
  );
  const selectExpired = prepare<{ now: number; limit: number }, DeliveryRow>(raw, (param) =>
    db
      .selectFrom('bellwire_deliveries')
      .selectAll()
      .where('status', '=', sql.lit('sending'))
      .where('lease_until', '<', param('now'))
      .limit(param('limit')),
  );
  const readExpired = ({
    now,
    held: heldNow,
  }: Extract<Release, { of: 'expired' }>): readonly DeliveryRow[] => {
    // Leases rarely expire, and `held` collects every delivery in memory.
    if (selectExpired.all({ now, limit: 1 }).length === 0) return [];
    const held = heldNow();
    return selectExpired
      .all({ now, limit: RELEASED_MAX + held.size })
      .filter(({ id }) => !held.has(id))
      .slice(0, RELEASED_MAX);
  };
  return (release) => {
    const rows =
      release.of === 'dead_nodes'
        ? selectOfOthers.all({ node_id, limit: RELEASED_MAX })
        : readExpired(release);
    return rows.map((row) => toInterrupted(row, ids('att')));
  };
};
