import { sql } from 'kysely';
import type { IdFactory } from '../../core/ids.ts';
import type { AttemptedSettlement, Store } from '../../ports/store.ts';
import type { DeliveryRow } from '../rows/delivery-row.ts';
import { RELEASED_MAX, toInterrupted } from '../store/interrupted.ts';
import { DEAD_AFTER_MS } from './node.ts';
import { databaseNow } from './nodes-table.ts';
import type { Session } from './session.ts';

type Release = Parameters<Store['releaseLeases']>[0];

/**
 * The time after its end at which any node takes over a lease, whether or not its holder is alive: more than clocks of
 * nodes differ.
 */
const LATE_MS = 30_000;

/** A commit is known to its node for longer before its leases can be taken for unknown. */
export const UNKNOWN_AFTER_MS = 5_000;

/** The next check of all finds leases that an earlier check has missed, such as one that was held then. */
const ALL_EVERY_MS = 30_000;

/** Until when this node has found no expired lease, so that it does not look for those that ended before again. */
export class CheckedLeases {
  #until = 0;
  #all_at = -Infinity;

  /** The end from which leases are checked: 0 at least every 30 seconds. */
  since(now: number): number {
    const age = now - this.#all_at;
    return age >= 0 && age < ALL_EVERY_MS ? this.#until : 0;
  }

  /** None that ended since `since` has expired. */
  none(since: number, now: number): void {
    if (since === 0) this.#all_at = now;
    this.#until = now - LATE_MS;
  }
}

interface LostLeasesOptions {
  readonly ids: IdFactory;
  readonly node_id: string;
  /** There can be leases of this node that it does not know: they are not `held`. */
  readonly may_have_unknown: boolean;
  readonly checked: CheckedLeases;
}

const deliveries = sql.table('bellwire_deliveries');
const nodes = sql.table('bellwire_nodes');
const isDead = sql`n.seen_at <= ${databaseNow} - ${sql.lit(DEAD_AFTER_MS)}`;

/** The leases of nodes without a sign of life, and of those that have left. */
const ofDeadNodes = (session: Session, node_id: string): Promise<readonly DeliveryRow[]> =>
  session.all(sql<DeliveryRow>`
    select d.* from ${deliveries} d where d.status = 'sending' and d.leased_by <> ${node_id}
      and not exists (select 1 from ${nodes} n where n.id = d.leased_by and not ${isDead})
    limit ${RELEASED_MAX}`);

/** The leases of nodes that have died since, and the nodes themselves once they have none. Usually there is none. */
const ofNewlyDead = async (session: Session, node_id: string): Promise<readonly DeliveryRow[]> => {
  const dead = await session.all(sql<{ readonly id: string }>`
    select n.id from ${nodes} n where ${isDead} and n.id <> ${node_id}`);
  if (dead.length === 0) return [];
  const ids = dead.map(({ id }) => id);
  const rows = await session.all(sql<DeliveryRow>`
    select d.* from ${deliveries} d where d.status = 'sending' and d.leased_by = any(${ids}::text[])
    limit ${RELEASED_MAX}`);
  if (rows.length === 0) {
    await session.run(sql`delete from ${nodes} n where n.id = any(${ids}::text[]) and ${isDead}`);
  }
  return rows;
};

const expired = async (
  session: Session,
  { now, held: heldNow }: Extract<Release, { of: 'expired' }>,
  { node_id, may_have_unknown, checked }: LostLeasesOptions,
): Promise<readonly DeliveryRow[]> => {
  const since = may_have_unknown ? 0 : checked.since(now);
  const ended = sql`d.lease_until between ${since} and ${now} and (d.lease_until < ${now - LATE_MS}
    or (d.leased_by = ${node_id} and d.lease_until < ${now}))`;
  const unknown = sql`d.leased_by = ${node_id} and d.updated_at < ${now - UNKNOWN_AFTER_MS}`;
  const select = (limit: number) =>
    session.all(sql<DeliveryRow>`
      select d.* from ${deliveries} d where d.status = 'sending'
        and (${may_have_unknown ? sql`(${ended}) or (${unknown})` : ended})
      limit ${limit}`);
  // Leases rarely expire, and `held` collects every delivery in memory.
  if ((await select(1)).length === 0) {
    checked.none(since, now);
    return [];
  }
  const held = heldNow();
  return (await select(RELEASED_MAX + held.size)).filter(({ id }) => !held.has(id));
};

/**
 * Settlements for leases whose holder is gone, as if each attempt had been interrupted. Call it before the transaction
 * that writes them: a lease that ends meanwhile is stale there.
 */
export const findLostLeases = async (
  session: Session,
  release: Release,
  options: LostLeasesOptions,
): Promise<readonly AttemptedSettlement[]> => {
  const { ids, node_id } = options;
  const rows =
    release.of === 'dead_nodes'
      ? await ofDeadNodes(session, node_id)
      : [...(await expired(session, release, options)), ...(await ofNewlyDead(session, node_id))];
  const distinct = [...new Map(rows.map((row) => [row.id, row])).values()];
  return distinct.slice(0, RELEASED_MAX).map((row) => toInterrupted(row, ids('att')));
};
