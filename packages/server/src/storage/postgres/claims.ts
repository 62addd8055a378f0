import { sql } from 'kysely';
import type { LeasedDelivery } from '../../ports/store.ts';
import type { DeliveryRow } from '../rows/delivery-row.ts';
import { toLeased } from '../rows/leased-delivery.ts';
import { isOpen } from './open-deliveries.ts';
import type { Session } from './session.ts';

/** How many due deliveries of a hook to lease. */
export interface HookClaim {
  readonly hook_id: string;
  /** Of this tenant only; of any if it is null. */
  readonly tenant: string | null;
  readonly limit: number;
}

export interface ClaimTimes {
  readonly now: number;
  readonly lease_until: number;
  readonly node_id: string;
}

type ClaimedRow = DeliveryRow & { readonly due_at: number };

// As in the partial index on these rows.
const UNATTEMPTED = sql`and failures = 0 and trigger = 'scheduled'`;

const claimRows = async (
  session: Session,
  claims: readonly HookClaim[],
  { of, now, lease_until, node_id }: ClaimTimes & { readonly of: 'oldest' | 'newest' },
): Promise<readonly DeliveryRow[]> => {
  const wanted = claims.filter(({ limit }) => limit > 0);
  if (wanted.length === 0) return [];
  const table = sql.table('bellwire_deliveries');
  // Rows that another node is claiming are skipped, so no two nodes lease one.
  const rows = await session.all<ClaimedRow>(sql<ClaimedRow>`
    with w as materialized (select * from unnest(${wanted.map(({ hook_id }) => hook_id)}::text[],
        ${wanted.map(({ tenant }) => tenant)}::text[], ${wanted.map(({ limit }) => limit)}::bigint[])
        as w(hook_id, tenant, n)),
      pick as materialized (select d.* from w
        join ${sql.table('bellwire_hooks')} h on h.id = w.hook_id and h.status = 'active' and h.deleted_at is null
        cross join lateral (select workspace_id, id, next_attempt_at as due_at from ${table}
          where hook_id = w.hook_id and status = 'pending' and next_attempt_at <= ${now}
            and (w.tenant is null or tenant = w.tenant) ${of === 'newest' ? UNATTEMPTED : sql``}
          order by next_attempt_at ${of === 'newest' ? sql`desc` : sql``} limit w.n for update skip locked) d)
    update ${table} d set status = 'sending', lease_token = d.lease_token + 1, lease_until = ${lease_until},
      leased_by = ${node_id}, next_attempt_at = null, failure_reason = null, updated_at = ${now}
    from pick where d.workspace_id = pick.workspace_id and d.id = pick.id and ${isOpen('d')} returning d.*, pick.due_at`);
  const sorted = rows.toSorted((a, b) => a.due_at - b.due_at || (a.id < b.id ? -1 : 1));
  return of === 'newest' ? sorted.toReversed() : sorted;
};

const byHook = (rows: readonly DeliveryRow[]): ReadonlyMap<string, readonly DeliveryRow[]> =>
  Map.groupBy(rows, ({ hook_id }) => hook_id);

/** Leases the longest due deliveries of each hook. */
export const claimOldest = async (
  session: Session,
  claims: readonly HookClaim[],
  times: ClaimTimes,
): Promise<readonly LeasedDelivery[]> =>
  (await claimRows(session, claims, { ...times, of: 'oldest' })).map(toLeased);

/** Leases half of the deliveries of each hook from the longest due ones and, if there are more, half from the newest. */
export const claimHalves = async (
  session: Session,
  claims: readonly HookClaim[],
  times: ClaimTimes,
): Promise<readonly LeasedDelivery[]> => {
  const halfOf = ({ limit }: HookClaim): number => Math.ceil(limit / 2);
  const halves = claims.map((claim) => ({ ...claim, limit: halfOf(claim) }));
  const oldest = await claimRows(session, halves, { ...times, of: 'oldest' });
  const found = byHook(oldest);
  const full = claims.filter(
    (claim) => halfOf(claim) < claim.limit && found.get(claim.hook_id)?.length === halfOf(claim),
  );
  const rests = full.map((claim) => ({ ...claim, limit: claim.limit - halfOf(claim) }));
  const newest = await claimRows(session, rests, { ...times, of: 'newest' });
  const found_newest = byHook(newest);
  const missing = rests.map((rest) => ({
    ...rest,
    limit: rest.limit - (found_newest.get(rest.hook_id)?.length ?? 0),
  }));
  const more = await claimRows(session, missing, { ...times, of: 'oldest' });
  return [
    ...oldest.map(toLeased),
    ...newest.map((row) => ({ ...toLeased(row), is_newest: true })),
    ...more.map(toLeased),
  ];
};
