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
  return (release) => {
    const rows =
      release.of === 'dead_nodes'
        ? selectOfOthers.all({ node_id, limit: RELEASED_MAX })
        : selectExpired
            .all({ now: release.now, limit: RELEASED_MAX + release.held.size })
            .filter(({ id }) => !release.held.has(id))
            .slice(0, RELEASED_MAX);
    return rows.map((row) => toInterrupted(row, ids('att')));
  };
};
