import { sql } from 'kysely';
import type { LeasedDelivery } from '../../ports/store.ts';
import type { DeliveryRow } from '../rows/delivery-row.ts';
import { toLeased } from '../rows/leased-delivery.ts';
import { isOpen } from './open-deliveries.ts';
import type { Session } from './session.ts';
import type { ClaimMarks } from './watermarks.ts';

/** How many due deliveries of a hook to lease. */
export interface HookClaim {
  readonly hook_id: string;
  readonly limit: number;
}

export interface ClaimTimes {
  readonly now: number;
  readonly lease_until: number;
  readonly node_id: string;
  readonly marks: ClaimMarks;
}

interface Which {
  readonly of: 'oldest' | 'newest';
  /** Of this tenant only; of any if it is null. */
  readonly tenant: string | null;
}

type ClaimedRow = DeliveryRow & { readonly due_at: number };

// As in the partial index on these rows.
const UNATTEMPTED = sql`and failures = 0 and trigger = 'scheduled'`;

const byHook = <R extends DeliveryRow>(rows: readonly R[]): ReadonlyMap<string, readonly R[]> =>
  Map.groupBy(rows, ({ hook_id }) => hook_id);

/** A hook without any claimed row can have been paused meanwhile: that says nothing about what is due. */
const notePassed = (
  claims: readonly HookClaim[],
  claimed: ReadonlyMap<string, readonly ClaimedRow[]>,
  { now, marks }: Pick<ClaimTimes, 'now' | 'marks'>,
): void => {
  for (const { hook_id, limit } of claims) {
    const rows = claimed.get(hook_id);
    if (rows !== undefined) marks.pass(hook_id, rows.length < limit ? now : (rows.at(-1)?.due_at ?? 0));
  }
};

const claimRows = async (
  session: Session,
  claims: readonly HookClaim[],
  { of, tenant, now, lease_until, node_id, marks }: ClaimTimes & Which,
): Promise<readonly DeliveryRow[]> => {
  const wanted = claims.filter(({ limit }) => limit > 0);
  if (wanted.length === 0) return [];
  const table = sql.table('bellwire_deliveries');
  // With a condition that depends on the claim, PostgreSQL would expect few rows, and sort all due ones of each hook.
  const of_tenant = tenant === null ? sql`` : sql`and tenant = ${tenant}`;
  // Rows that another node is claiming are skipped, so no two nodes lease one.
  const rows = await session.all<ClaimedRow>(sql<ClaimedRow>`
    with w as materialized (select * from unnest(${wanted.map(({ hook_id }) => hook_id)}::text[],
        ${wanted.map(({ hook_id }) => marks.since(hook_id))}::bigint[],
        ${wanted.map(({ limit }) => limit)}::bigint[]) as w(hook_id, since, n)),
      pick as materialized (select d.* from w
        join ${sql.table('bellwire_hooks')} h on h.id = w.hook_id and h.status = 'active' and h.deleted_at is null
        cross join lateral (select workspace_id, id, next_attempt_at as due_at from ${table}
          where hook_id = w.hook_id and status = 'pending' and next_attempt_at between w.since and ${now}
            ${of_tenant} ${of === 'newest' ? UNATTEMPTED : sql``}
          order by next_attempt_at ${of === 'newest' ? sql`desc` : sql``} limit w.n for update skip locked) d)
    update ${table} d set status = 'sending', lease_token = d.lease_token + 1, lease_until = ${lease_until},
      leased_by = ${node_id}, next_attempt_at = null, failure_reason = null, updated_at = ${now}
    from pick where d.workspace_id = pick.workspace_id and d.id = pick.id and ${isOpen('d')} returning d.*, pick.due_at`);
  const sorted = rows.toSorted((a, b) => a.due_at - b.due_at || (a.id < b.id ? -1 : 1));
  if (of === 'newest') return sorted.toReversed();
  if (tenant === null) notePassed(wanted, byHook(sorted), { now, marks });
  return sorted;
};

/** Leases the longest due deliveries of each hook, or those of one tenant. */
export const claimOldest = async (
  session: Session,
  claims: readonly HookClaim[],
  { tenant = null, ...times }: ClaimTimes & Partial<Pick<Which, 'tenant'>>,
): Promise<readonly LeasedDelivery[]> =>
  (await claimRows(session, claims, { ...times, of: 'oldest', tenant })).map(toLeased);

/** Leases half of the deliveries of each hook from the longest due ones and, if there are more, half from the newest. */
export const claimHalves = async (
  session: Session,
  claims: readonly HookClaim[],
  times: ClaimTimes,
): Promise<readonly LeasedDelivery[]> => {
  const halfOf = ({ limit }: HookClaim): number => Math.ceil(limit / 2);
  const any = { ...times, tenant: null };
  const halves = claims.map((claim) => ({ ...claim, limit: halfOf(claim) }));
  const oldest = await claimRows(session, halves, { ...any, of: 'oldest' });
  const found = byHook(oldest);
  const full = claims.filter(
    (claim) => halfOf(claim) < claim.limit && found.get(claim.hook_id)?.length === halfOf(claim),
  );
  const rests = full.map((claim) => ({ ...claim, limit: claim.limit - halfOf(claim) }));
  const newest = await claimRows(session, rests, { ...any, of: 'newest' });
  const found_newest = byHook(newest);
  const missing = rests.map((rest) => ({
    ...rest,
    limit: rest.limit - (found_newest.get(rest.hook_id)?.length ?? 0),
  }));
  const more = await claimRows(session, missing, { ...any, of: 'oldest' });
  return [
    ...oldest.map(toLeased),
    ...newest.map((row) => ({ ...toLeased(row), is_newest: true })),
    ...more.map(toLeased),
  ];
};
