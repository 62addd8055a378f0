import { sql } from 'kysely';
import type { IdFactory } from '../../core/ids.ts';
import type { AttemptedSettlement, Store } from '../../ports/store.ts';
import { type DeliveryRow, toDelivery } from '../rows/delivery-row.ts';
import { prepare, type SqliteConnection } from './prepared.ts';

type Release = Parameters<Store['releaseLeases']>[0];

/** Leases released per transaction, so that a start after a crash under load does not block for long. */
const RELEASED_MAX = 500;

const toInterrupted = (row: DeliveryRow, attempt_id: string): AttemptedSettlement => ({
  kind: 'attempted',
  delivery: toDelivery(row),
  lease_token: row.lease_token,
  attempt: {
    id: attempt_id,
    started_at: row.updated_at,
    outcome: { kind: 'interrupted' },
    request: null,
    response: null,
    timings: null,
    remote_address: null,
    reused_connection: false,
  },
  // The whole node died, which is not evidence against this delivery.
  sender_died: false,
  // Unused: an interruption does not count towards the schedule.
  policy: { delays_ms: [], disable: { when: 'exhausted' } },
  retry_after_ms: null,
  roll: 0,
});

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
    // Usually there is none, and the set of what is held is large.
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
