import { sql } from 'kysely';
import { EVERY_TENANT } from '../../core/fan-out.ts';
import type { Allowance } from '../../core/hook-throttle.ts';
import type { LeasedDelivery, ManualClaim, Store } from '../../ports/store.ts';
import { cancelReason, type DeliveryRow } from '../rows/delivery-row.ts';
import { toLeased } from '../rows/leased-delivery.ts';
import type { Batch } from '../store/batch.ts';
import type { HookThrottles } from '../store/hook-throttles.ts';
import type { IndexedHook } from '../store/indexed-hook.ts';
import { claimHalves, claimOldest, type ClaimTimes, type HookClaim } from './claims.ts';
import { isOpen } from './open-deliveries.ts';
import type { Session } from './session.ts';
import type { TenantTurns } from './tenant-turns.ts';
import type { ClaimMarks } from './watermarks.ts';

type Claim = Parameters<Store['claim']>[0];

interface Want {
  readonly hook: IndexedHook;
  readonly wanted: number;
  readonly limit: number;
  /** Null for a hook without a throttle. */
  readonly allowance: Allowance | null;
}

/** Leases due deliveries of a hook that serves every tenant: some of each tenant, then the longest due ones of any. */
const claimShared = async (
  session: Session,
  { hook_id, limit }: HookClaim,
  { turns, ...times }: ClaimTimes & { readonly turns: TenantTurns },
): Promise<readonly LeasedDelivery[]> => {
  if (limit === 0) return [];
  const tenants = await turns.next(session, { hook_id, now: times.now, max: limit });
  const share = Math.ceil(limit / Math.max(1, tenants.length));
  const claimed: LeasedDelivery[] = [];
  for (const tenant of tenants) {
    const rest = Math.min(share, limit - claimed.length);
    claimed.push(...(await claimOldest(session, [{ hook_id, limit: rest }], { ...times, tenant })));
  }
  const rest = limit - claimed.length;
  return [...claimed, ...(await claimOldest(session, [{ hook_id, limit: rest }], times))];
};

const isShared = ({ hook, allowance }: Want): boolean =>
  hook.tenant === EVERY_TENANT && allowance?.is_probe !== true;

const toClaim = ({ hook, limit }: Want): HookClaim => ({ hook_id: hook.id, limit });

/** Leases what the throttles of the hooks allow, inside the open transaction. Throttled hooks are locked. */
export const claimDue = async (
  session: Session,
  { wants, now, lease_until }: Claim,
  parts: {
    readonly batch: Batch;
    readonly throttles: HookThrottles;
    readonly turns: TenantTurns;
    readonly node_id: string;
    readonly marks: ClaimMarks;
  },
): Promise<readonly LeasedDelivery[]> => {
  const { batch, throttles, turns, node_id, marks } = parts;
  const allowed = wants.flatMap(({ workspace_id, hook_id, limit: wanted }): readonly Want[] => {
    const hook = batch.hook(workspace_id, hook_id);
    if (hook?.status !== 'active') return [];
    const allowance = throttles.allowance(hook, batch);
    const limit = allowance === null ? wanted : Math.min(wanted, allowance.max);
    return [{ hook, wanted, limit, allowance }];
  });
  const times = { now, lease_until, node_id, marks };
  const alone = allowed.filter((want) => !isShared(want));
  const claimed = [
    ...(await claimOldest(session, alone.filter(({ hook }) => hook.ordered).map(toClaim), times)),
    ...(await claimHalves(session, alone.filter(({ hook }) => !hook.ordered).map(toClaim), times)),
  ];
  for (const want of allowed.filter(isShared)) {
    claimed.push(...(await claimShared(session, toClaim(want), { ...times, turns })));
  }
  const claimed_of = Map.groupBy(claimed, ({ delivery }) => delivery.hook_id);
  return allowed.flatMap(({ hook, wanted, allowance }) => {
    const of_hook = claimed_of.get(hook.id) ?? [];
    if (allowance !== null) {
      const ids = of_hook.map(({ delivery }) => delivery.id);
      throttles.claimed(hook, { allowance, wanted, ids }, batch);
    }
    return of_hook;
  });
};

const byKey = ({ workspace_id, id }: { readonly workspace_id: string; readonly id: string }) =>
  sql<boolean>`workspace_id = ${workspace_id} and id = ${id}`;

/** Leases one delivery for a manual attempt, inside the open transaction. */
export const claimManually = async (
  session: Session,
  { now, lease_until, workspace_id, delivery_id: id }: Parameters<Store['claimManually']>[0],
  node_id: string,
): Promise<ManualClaim> => {
  const { db } = session;
  const row = await session.get<DeliveryRow>(
    db.selectFrom('bellwire_deliveries').selectAll().where(byKey({ workspace_id, id })).forUpdate(),
  );
  if (row === undefined) return { kind: 'not_found' };
  if (row.status === 'sending') return { kind: 'in_flight' };
  const hook = await session.get(
    db
      .selectFrom('bellwire_hooks')
      .select('id')
      .where('id', '=', row.hook_id)
      .where('deleted_at', 'is', null),
  );
  if (row.status === 'canceled' || hook === undefined) {
    return { kind: 'canceled', reason: hook === undefined ? 'hook_deleted' : cancelReason(row) };
  }
  const event = await session.get(
    db
      .selectFrom('bellwire_events')
      .select('payload_expired_at')
      .where(byKey({ workspace_id, id: row.event_id })),
  );
  if ((event?.payload_expired_at ?? null) !== null) return { kind: 'payload_expired' };
  const leased = await session.get<DeliveryRow>(
    db
      .updateTable('bellwire_deliveries')
      // `failure_reason` is kept, to be restored if the manual attempt fails.
      .set((eb) => ({
        status: 'sending',
        lease_token: eb('lease_token', '+', 1),
        lease_until,
        leased_by: node_id,
        resume_status: eb.ref('status'),
        resume_at: eb.ref('next_attempt_at'),
        next_attempt_at: null,
        updated_at: now,
      }))
      .where(byKey({ workspace_id, id }))
      .returningAll(),
  );
  return leased === undefined ? { kind: 'not_found' } : { kind: 'leased', leased: toLeased(leased) };
};

/** Extends the leases that are still held, and returns the ids of their deliveries. */
export const extendLeases = async (
  session: Session,
  { lease_until, leases }: Parameters<Store['extendLeases']>[0],
): Promise<ReadonlySet<string>> => {
  const table = sql.table('bellwire_deliveries');
  const rows = await session.all<{ readonly id: string }>(sql<{ readonly id: string }>`
    with x as materialized (select d.workspace_id, d.id
      from unnest(${leases.map(({ delivery }) => delivery.workspace_id)}::text[],
        ${leases.map(({ delivery }) => delivery.id)}::text[],
        ${leases.map(({ lease_token }) => lease_token)}::bigint[]) as x(workspace_id, id, lease_token)
      join ${table} d on d.workspace_id = x.workspace_id and d.id = x.id
        and d.lease_token = x.lease_token and d.status = 'sending'
      order by d.id for update of d)
    update ${table} d set lease_until = ${lease_until} from x
    where d.workspace_id = x.workspace_id and d.id = x.id and ${isOpen('d')} returning d.id`);
  return new Set(rows.map(({ id }) => id));
};
