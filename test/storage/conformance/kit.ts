import type { WaitReason } from '../../../packages/server/src/core/delivery.ts';
import type { Event } from '../../../packages/server/src/core/event.ts';
import type { SendableHook } from '../../../packages/server/src/core/hook.ts';
import type { IdFactory } from '../../../packages/server/src/core/ids.ts';
import type { Outcome } from '../../../packages/server/src/core/outcome.ts';
import { DISABLE_WHEN_FAILING, type RetryPolicy } from '../../../packages/server/src/core/retry-schedule.ts';
import type {
  AcceptResult,
  DueHook,
  EventReceipt,
  LeasedDelivery,
  NewEvent,
  Settlement,
  SettleResult,
  Store,
  BatchResult,
} from '../../../packages/server/src/ports/store.ts';
import type { Arrange } from '../../support/arrange.ts';
import { VIRTUAL_START } from '../../support/virtual-clock.ts';

/** A store with nothing in it. */
export interface StoreUnderTest extends AsyncDisposable {
  readonly store: Store;
  readonly ids: IdFactory;
  readonly arrange: Arrange;
  /** The store of another node over the same database. */
  readonly successor: () => Store;
}

export const NOW = VIRTUAL_START;
export const LEASE_MS = 90_000;
export const DAY_MS = 86_400_000;

/** Three attempts; disables after five days of twenty failures. */
export const POLICY: RetryPolicy = { delays_ms: [0, 5_000, 60_000], disable: DISABLE_WHEN_FAILING };
/** Two attempts; the failure that uses them up disables the hook. */
export const STRICT_POLICY: RetryPolicy = { delays_ms: [0, 5_000], disable: { when: 'exhausted' } };

export const OK: Outcome = { kind: 'succeeded' };
export const GONE: Outcome = { kind: 'http_status', status: 410 };
export const ERROR: Outcome = { kind: 'http_status', status: 500 };
export const INTERRUPTED: Outcome = { kind: 'interrupted' };

export interface Kit extends StoreUnderTest {
  readonly event: (workspace_id: string, differences?: Partial<NewEvent>) => NewEvent;
  readonly commit: (turn: {
    readonly events?: readonly NewEvent[];
    readonly settlements?: readonly Settlement[];
    readonly saturated?: readonly string[];
    readonly max_deliveries?: number;
    readonly now?: number;
  }) => Promise<BatchResult>;
  /** Accepts one event; answers what the store said of it. */
  readonly accept: (event: NewEvent) => Promise<AcceptResult>;
  /** Accepts one event that must be stored: its receipt and its leases. */
  readonly stored: (
    event: NewEvent,
  ) => Promise<{ readonly receipt: EventReceipt; readonly leased: readonly LeasedDelivery[] }>;
  /** A new workspace with one hook. */
  readonly pair: (
    setup?: Parameters<Arrange['addHook']>[1],
  ) => Promise<{ readonly workspace_id: string; readonly hook_id: string }>;
  /** One leased delivery for a hook. */
  readonly leaseFor: (
    hook: { readonly workspace_id: string; readonly hook_id: string },
    differences?: Partial<NewEvent>,
  ) => Promise<LeasedDelivery>;
  /** Deliveries of a hook that wait in the store, due at the given times. */
  readonly pendingFor: (
    hook: { readonly workspace_id: string; readonly hook_id: string },
    due: readonly number[],
  ) => Promise<readonly string[]>;
  /** An event as its deliveries carry it. */
  readonly plain: (event: NewEvent) => Event;
  /** Every hook with something due, in the order of their ids. */
  readonly due: (now: number) => Promise<readonly DueHook[]>;
  readonly returned: (
    leased: Pick<LeasedDelivery, 'delivery' | 'lease_token'>,
    reason?: WaitReason,
  ) => Settlement;
  /** Ends every lease as the next process does that takes the database over. Returns how many. */
  readonly release: (now?: number) => Promise<number>;
  /** Prunes events before a time, one slice. Returns the number of rows. */
  readonly prune: (before: number, limit?: number) => Promise<number>;
  readonly attempted: (
    leased: LeasedDelivery,
    outcome: Outcome,
    differences?: Partial<Extract<Settlement, { kind: 'attempted' }>>,
  ) => Extract<Settlement, { kind: 'attempted' }>;
  readonly settle: (settlement: Settlement, now?: number) => Promise<SettleResult>;
  readonly hook: (id: string) => Promise<SendableHook | undefined>;
  readonly manual: (leased: Pick<LeasedDelivery, 'delivery'>, now?: number) => Promise<LeasedDelivery>;
}

/** The data of an event as its accept prints it. */
const textsOf = ({ data = { number: 1 }, previous_data = null }: Partial<Event>) => ({
  data,
  previous_data,
  data_text: JSON.stringify(data),
  previous_data_text: previous_data === null ? null : JSON.stringify(previous_data),
});

/** The verbs of a store, made short for tests. */
export const createKit = (under_test: StoreUnderTest): Kit => {
  const { store, ids, arrange } = under_test;

  const event: Kit['event'] = (workspace_id, differences = {}) => ({
    id: ids('evt'),
    workspace_id,
    tenant: null,
    type: 'order.created',
    ...textsOf(differences),
    occurred_at: NOW,
    created_at: NOW,
    idempotency_key: null,
    fingerprint: null,
    hook_ids: null,
    trigger: 'scheduled',
    ...differences,
  });

  const commit: Kit['commit'] = ({
    events = [],
    settlements = [],
    saturated = [],
    max_deliveries = 512,
    now = NOW,
  }) =>
    store.commitBatch({
      now,
      lease_until: now + LEASE_MS,
      events,
      settlements,
      saturated_hooks: new Set(saturated),
      max_deliveries,
    });

  const accept: Kit['accept'] = async (one) => (await commit({ events: [one] })).accepted[0]!;

  const stored: Kit['stored'] = async (one) => {
    const result = await accept(one);
    if (result.kind !== 'accepted') throw new Error(`the event was not accepted but ${result.kind}`);
    return result;
  };

  const leaseFor: Kit['leaseFor'] = async ({ workspace_id, hook_id }, differences) => {
    const { leased } = await stored(event(workspace_id, { hook_ids: [hook_id], ...differences }));
    if (leased.length !== 1) throw new Error(`${leased.length} deliveries were leased instead of one`);
    return leased[0]!;
  };

  return {
    ...under_test,
    [Symbol.asyncDispose]: () => under_test[Symbol.asyncDispose](),
    event,
    commit,
    accept,
    stored,
    leaseFor,
    pair: async (setup) => {
      const workspace_id = await arrange.addWorkspace();
      return { workspace_id, hook_id: await arrange.addHook(workspace_id, setup) };
    },
    pendingFor: async ({ workspace_id, hook_id }, due) => {
      const before = new Set((await arrange.deliveries({ hook_id })).map(({ id }) => id));
      for (const now of due) {
        await commit({ events: [event(workspace_id, { hook_ids: [hook_id] })], saturated: [hook_id], now });
      }
      return (await arrange.deliveries({ hook_id })).map(({ id }) => id).filter((id) => !before.has(id));
    },
    plain: ({ id, workspace_id, tenant, type, data, previous_data, occurred_at, created_at }) => ({
      id,
      workspace_id,
      tenant,
      type,
      data,
      previous_data,
      occurred_at,
      created_at,
    }),
    due: async (now) => (await store.dueHooks({ now, after: null, limit: 1_000 })).hooks,
    returned: ({ delivery, lease_token }, reason) => ({
      kind: 'returned',
      delivery,
      lease_token,
      reason: reason ?? null,
    }),
    prune: async (before, limit = 100) => (await store.prune({ now: NOW + DAY_MS, before, limit })).deleted,
    release: (now = NOW) => under_test.successor().releaseLeases({ now, of: 'dead_nodes' }),
    attempted: (leased, outcome, differences = {}) => ({
      kind: 'attempted',
      delivery: leased.delivery,
      lease_token: leased.lease_token,
      attempt: {
        id: ids('att'),
        started_at: NOW,
        outcome,
        request: null,
        response: null,
        timings: null,
        remote_address: null,
        reused_connection: false,
      },
      sender_died: false,
      policy: POLICY,
      retry_after_ms: null,
      roll: 0,
      ...differences,
    }),
    settle: async (settlement, now = NOW) => (await commit({ settlements: [settlement], now })).settled[0]!,
    hook: async (id) => (await store.hooks([id])).get(id) ?? undefined,
    manual: async ({ delivery }, now = NOW) => {
      const claim = await store.claimManually({
        now,
        lease_until: now + LEASE_MS,
        workspace_id: delivery.workspace_id,
        delivery_id: delivery.id,
      });
      if (claim.kind !== 'leased') throw new Error(`the delivery was not leased but ${claim.kind}`);
      return claim.leased;
    },
  };
};

/** Registers one guarantee; every one has a store of its own. */
export type Check = (guarantee: string, prove: (kit: Kit) => Promise<void>) => void;
