import { sql } from 'kysely';
import { EVERY_TENANT } from '../../core/fan-out.ts';
import type { Lease, LeasedDelivery, ManualClaim, Store } from '../../ports/store.ts';
import { cancelReason, type DeliveryRow } from '../rows/delivery-row.ts';
import { toLeased } from '../rows/leased-delivery.ts';
import type { Batch } from '../store/batch.ts';
import type { HookIndex } from './hook-index.ts';
import type { HookThrottles } from '../store/hook-throttles.ts';
import { prepare, type SqliteConnection } from './prepared.ts';
import { createTenantTurns } from './tenant-turns.ts';

type Claim = Parameters<Store['claim']>[0];
type ManualClaimInput = Parameters<Store['claimManually']>[0];
type Extension = Parameters<Store['extendLeases']>[0];

/** Acquires and extends leases, inside the open transaction. */
export interface Leases {
  readonly claim: (claim: Claim, batch: Batch) => readonly LeasedDelivery[];
  readonly claimManually: (claim: ManualClaimInput) => ManualClaim;
  readonly extend: (extension: Extension) => ReadonlySet<string>;
}

interface LeaseParams {
  readonly now: number;
  readonly lease_until: number;
  readonly node_id: string;
  readonly workspace_id: string;
}

type ClaimParams = LeaseParams & {
  readonly hook_id: string;
  readonly tenant: string;
  readonly limit: number;
};

// As in the partial index on these rows.
const isUnattempted = sql<boolean>`failures = 0 and trigger = 'scheduled'`;

/** Leases due deliveries of a hook: the longest due ones of all tenants or of one, or the newest unattempted ones. */
const createClaim = ({ db, raw }: SqliteConnection, of: 'all' | 'tenant' | 'newest') =>
  prepare<ClaimParams, DeliveryRow>(raw, (param) =>
    db
      .updateTable('bellwire_deliveries')
      .set((eb) => ({
        status: 'sending',
        lease_token: eb('lease_token', '+', 1),
        lease_until: param('lease_until'),
        leased_by: param('node_id'),
        next_attempt_at: null,
        failure_reason: null,
        updated_at: param('now'),
      }))
      .where('workspace_id', '=', param('workspace_id'))
      .where('id', 'in', (eb) =>
        eb
          .selectFrom('bellwire_deliveries')
          .select('id')
          .where('hook_id', '=', param('hook_id'))
          .where('status', '=', sql.lit('pending'))
          .where('next_attempt_at', '<=', param('now'))
          .$if(of === 'tenant', (query) => query.where('tenant', '=', param('tenant')))
          .$if(of === 'newest', (query) => query.where(isUnattempted))
          .orderBy('next_attempt_at', of === 'newest' ? 'desc' : 'asc')
          .limit(param('limit')),
      )
      .returningAll(),
  );

/** Leases due deliveries of a hook that serves every tenant: some of each tenant, then the longest due ones of any. */
const createSharedClaim = (connection: SqliteConnection, claimAll: ReturnType<typeof createClaim>) => {
  const claimOf = createClaim(connection, 'tenant');
  const nextTenants = createTenantTurns(connection);
  return (claim: Omit<ClaimParams, 'tenant'>): readonly DeliveryRow[] => {
    const tenants = nextTenants({ hook_id: claim.hook_id, now: claim.now, max: claim.limit });
    const share = Math.ceil(claim.limit / Math.max(1, tenants.length));
    const claimed: DeliveryRow[] = [];
    for (const tenant of tenants) {
      const limit = Math.min(share, claim.limit - claimed.length);
      if (limit > 0) claimed.push(...claimOf.all({ ...claim, tenant, limit }));
    }
    const limit = claim.limit - claimed.length;
    if (limit > 0) claimed.push(...claimAll.all({ ...claim, tenant: '', limit }));
    return claimed;
  };
};

/** Leases half of the deliveries from the longest due ones and, if there are more, half from the newest. */
const createHalvesClaim = (connection: SqliteConnection, claimDue: ReturnType<typeof createClaim>) => {
  const claimNewest = createClaim(connection, 'newest');
  return (claim: ClaimParams): readonly LeasedDelivery[] => {
    const half = Math.ceil(claim.limit / 2);
    const oldest = claimDue.all({ ...claim, limit: half }).map(toLeased);
    if (oldest.length < half || half === claim.limit) return oldest;
    const newest = claimNewest.all({ ...claim, limit: claim.limit - half });
    const missing = claim.limit - half - newest.length;
    return [
      ...oldest,
      ...newest.map((row) => ({ ...toLeased(row), is_newest: true })),
      ...(missing > 0 ? claimDue.all({ ...claim, limit: missing }).map(toLeased) : []),
    ];
  };
};

const createReadStatements = ({ db, raw }: SqliteConnection) => ({
  selectPayload: prepare<{ workspace_id: string; id: string }, { payload_expired_at: number | null }>(
    raw,
    (param) =>
      db
        .selectFrom('bellwire_events')
        .select('payload_expired_at')
        .where('workspace_id', '=', param('workspace_id'))
        .where('id', '=', param('id')),
  ),
  selectDelivery: prepare<{ workspace_id: string; id: string }, DeliveryRow>(raw, (param) =>
    db
      .selectFrom('bellwire_deliveries')
      .selectAll()
      .where('workspace_id', '=', param('workspace_id'))
      .where('id', '=', param('id')),
  ),
});

const createSingleStatements = ({ db, raw }: SqliteConnection) => ({
  // `failure_reason` is kept, to be restored if the manual attempt fails.
  claimOne: prepare<LeaseParams & { id: string }, DeliveryRow>(raw, (param) =>
    db
      .updateTable('bellwire_deliveries')
      .set((eb) => ({
        status: 'sending',
        lease_token: eb('lease_token', '+', 1),
        lease_until: param('lease_until'),
        leased_by: param('node_id'),
        resume_status: eb.ref('status'),
        resume_at: eb.ref('next_attempt_at'),
        next_attempt_at: null,
        updated_at: param('now'),
      }))
      .where('workspace_id', '=', param('workspace_id'))
      .where('id', '=', param('id'))
      .returningAll(),
  ),
  extendOne: prepare<{ lease_until: number; workspace_id: string; id: string; lease_token: number }>(
    raw,
    (param) =>
      db
        .updateTable('bellwire_deliveries')
        .set({ lease_until: param('lease_until') })
        .where('workspace_id', '=', param('workspace_id'))
        .where('id', '=', param('id'))
        .where('status', '=', sql.lit('sending'))
        .where('lease_token', '=', param('lease_token')),
  ),
});

export const createLeases = (
  connection: SqliteConnection,
  {
    index,
    node_id,
    throttles,
  }: { readonly index: HookIndex; readonly node_id: string; readonly throttles: HookThrottles },
): Leases => {
  const { selectDelivery, selectPayload } = createReadStatements(connection);
  const claimDue = createClaim(connection, 'all');
  const claimShared = createSharedClaim(connection, claimDue);
  const claimHalves = createHalvesClaim(connection, claimDue);
  const { claimOne, extendOne } = createSingleStatements(connection);

  const claimOf = (
    { hook, is_shared }: { readonly hook: { readonly ordered: boolean }; readonly is_shared: boolean },
    claim: ClaimParams,
  ): readonly LeasedDelivery[] => {
    if (is_shared) return claimShared(claim).map(toLeased);
    return hook.ordered ? claimDue.all(claim).map(toLeased) : claimHalves(claim);
  };

  const extend = (lease_until: number, { delivery, lease_token }: Lease): boolean =>
    extendOne.run({ lease_until, workspace_id: delivery.workspace_id, id: delivery.id, lease_token }) === 1;

  return {
    claim: ({ now, lease_until, wants }, batch) =>
      wants.flatMap(({ workspace_id, hook_id, limit: wanted }) => {
        const hook = batch.hook(workspace_id, hook_id);
        if (hook?.status !== 'active') return [];
        const allowance = throttles.allowance(hook, batch);
        const limit = allowance === null ? wanted : Math.min(wanted, allowance.max);
        const claim = { now, lease_until, node_id, workspace_id, hook_id, limit };
        const is_shared = hook.tenant === EVERY_TENANT && allowance?.is_probe !== true;
        const claimed = claimOf({ hook, is_shared }, { ...claim, tenant: '' });
        if (allowance !== null) {
          const ids = claimed.map(({ delivery }) => delivery.id);
          throttles.claimed(hook, { allowance, wanted, ids }, batch);
        }
        return claimed;
      }),
    claimManually: ({ now, lease_until, workspace_id, delivery_id: id }) => {
      const row = selectDelivery.get({ workspace_id, id });
      if (row === undefined) return { kind: 'not_found' };
      if (row.status === 'sending') return { kind: 'in_flight' };
      const hook = index.hook(workspace_id, row.hook_id);
      if (row.status === 'canceled' || hook === undefined) {
        return { kind: 'canceled', reason: hook === undefined ? 'hook_deleted' : cancelReason(row) };
      }
      const payload = selectPayload.get({ workspace_id, id: row.event_id });
      if ((payload?.payload_expired_at ?? null) !== null) return { kind: 'payload_expired' };
      const leased = claimOne.get({ now, lease_until, node_id, workspace_id, id });
      return leased === undefined ? { kind: 'not_found' } : { kind: 'leased', leased: toLeased(leased) };
    },
    extend: ({ lease_until, leases }) =>
      new Set(leases.filter((lease) => extend(lease_until, lease)).map(({ delivery }) => delivery.id)),
  };
};
