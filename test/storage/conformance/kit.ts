import type { WaitReason } from '../../../packages/server/src/core/delivery.ts';
import type { Event } from '../../../packages/server/src/core/event.ts';
import type { HookStatus } from '../../../packages/server/src/core/hook.ts';
import type { Outcome } from '../../../packages/server/src/core/outcome.ts';
import { DISABLE_WHEN_FAILING, type RetryPolicy } from '../../../packages/server/src/core/retry-schedule.ts';
import type {
  LeasedDelivery,
  NewEvent,
  Settlement,
  Store,
} from '../../../packages/server/src/ports/store.ts';
import type { HookSetup } from '../../support/arrange.ts';
import type { StoreUnderTest } from '../../support/test-store.ts';
import { VIRTUAL_START } from '../../support/virtual-clock.ts';

export const NOW = VIRTUAL_START;
export const LEASE_MS = 90_000;
export const DAY_MS = 86_400_000;

/** Three attempts; disables after five days of twenty failures. */
export const POLICY: RetryPolicy = { delays_ms: [0, 5_000, 60_000], disable: DISABLE_WHEN_FAILING };
export const ONE_ATTEMPT = { policy: { ...POLICY, delays_ms: [0] } };
/** Two attempts; the failure that uses them up disables the hook. */
export const STRICT_POLICY: RetryPolicy = { delays_ms: [0, 5_000], disable: { when: 'exhausted' } };

export const OK: Outcome = { kind: 'succeeded' };
export const GONE: Outcome = { kind: 'http_status', status: 410 };
export const ERROR: Outcome = { kind: 'http_status', status: 500 };
export const INTERRUPTED: Outcome = { kind: 'interrupted' };

interface Batch {
  readonly events?: readonly NewEvent[];
  readonly settlements?: readonly Settlement[];
  readonly saturated?: readonly string[];
  readonly max_deliveries?: number;
  readonly now?: number;
}

export interface Pair {
  readonly workspace_id: string;
  readonly hook_id: string;
}

type Lease = Pick<LeasedDelivery, 'delivery' | 'lease_token'>;
type Attempted = Extract<Settlement, { kind: 'attempted' }>;
type Want = Parameters<Store['claim']>[0]['wants'][number];

/** The data of an event as its accept prints it. */
const textsOf = ({ data = { number: 1 }, previous_data = null }: Partial<Event>) => ({
  data,
  previous_data,
  data_text: JSON.stringify(data),
  previous_data_text: previous_data === null ? null : JSON.stringify(previous_data),
});

/** Shorter forms of the calls of a store. */
export const createKit = <T extends StoreUnderTest>(under_test: T) => {
  const { store, ids, arrange } = under_test;

  const event = (workspace_id: string, differences: Partial<NewEvent> = {}): NewEvent => ({
    id: ids('evt'),
    workspace_id,
    tenant: null,
    type: 'order.created',
    ...textsOf(differences),
    occurred_at: NOW,
    created_at: NOW,
    idempotency_key: null,
    fingerprint: null,
    metadata: null,
    deliver_at: null,
    hook_ids: null,
    verdicts: null,
    trigger: 'scheduled',
    ...differences,
  });

  const commit = (batch: Batch) => {
    const { events = [], settlements = [], saturated = [], max_deliveries = 512, now = NOW } = batch;
    const saturated_hooks = new Set(saturated);
    return store.commitBatch({
      now,
      lease_until: now + LEASE_MS,
      events,
      settlements,
      saturated_hooks,
      max_deliveries,
    });
  };

  const accept = async (one: NewEvent) => (await commit({ events: [one] })).accepted[0]!;

  /** Accepts an event that must be stored. Returns its receipt and its leases. */
  const stored = async (one: NewEvent) => {
    const result = await accept(one);
    if (result.kind !== 'accepted') throw new Error(`the event was not accepted but ${result.kind}`);
    return result;
  };

  const leaseFor = async ({ workspace_id, hook_id }: Pair, differences?: Partial<NewEvent>) => {
    const { leased } = await stored(event(workspace_id, { hook_ids: [hook_id], ...differences }));
    if (leased.length !== 1) throw new Error(`${leased.length} deliveries were leased instead of one`);
    return leased[0]!;
  };

  const attempted = (
    { delivery, lease_token }: Lease,
    outcome: Outcome,
    differences: Partial<Attempted> = {},
  ): Attempted => ({
    kind: 'attempted',
    delivery,
    lease_token,
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
  });

  const settle = async (settlement: Settlement, now = NOW) =>
    (await commit({ settlements: [settlement], now })).settled[0]!;

  const idsFor = async (hook_id: string) => (await arrange.deliveries({ hook_id })).map(({ id }) => id);

  const claimManually = (workspace_id: string, delivery_id: string) =>
    store.claimManually({ now: NOW, lease_until: NOW + LEASE_MS, workspace_id, delivery_id });

  return {
    ...under_test,
    event,
    commit,
    accept,
    stored,
    leaseFor,
    attempted,
    settle,
    claimManually,
    /** Settles a lease with the outcome of its attempt. */
    end: (leased: Lease, outcome: Outcome, differences?: Partial<Attempted>) =>
      settle(attempted(leased, outcome, differences)),
    /** A new workspace with one hook. */
    pair: async (setup?: HookSetup): Promise<Pair> => {
      const workspace_id = await arrange.addWorkspace();
      return { workspace_id, hook_id: await arrange.addHook(workspace_id, setup) };
    },
    /** Switches a hook to a state, or deletes it, as the API does. */
    enter: async (hook_id: string, state: HookStatus | 'deleted') => {
      if (state === 'deleted') await arrange.deleteHook(hook_id);
      else if (state !== 'active') await arrange.setHookStatus(hook_id, state);
    },
    /** Adds pending deliveries of a hook, one for each due time. Returns their ids. */
    pendingFor: async (
      { workspace_id, hook_id }: Pair,
      due: readonly number[],
      of: { readonly tenant?: string } = {},
    ) => {
      const before = new Set(await idsFor(hook_id));
      for (const now of due) {
        await commit({
          events: [event(workspace_id, { ...of, hook_ids: [hook_id] })],
          saturated: [hook_id],
          now,
        });
      }
      return (await idsFor(hook_id)).filter((id) => !before.has(id));
    },
    claim: (wants: readonly Want[], now = NOW) => store.claim({ now, lease_until: now + LEASE_MS, wants }),
    /** The stored row of a leased delivery. */
    row: ({ delivery }: Pick<LeasedDelivery, 'delivery'>) => arrange.delivery(delivery.id),
    /** Every hook with a due delivery, in the order of their ids. */
    due: async (now: number): Promise<readonly Pair[]> => {
      const { hooks } = await store.dueHooks({ now, after: null, limit: 1_000 });
      return hooks.map(({ workspace_id, hook_id }) => ({ workspace_id, hook_id }));
    },
    returned: ({ delivery, lease_token }: Lease, reason: WaitReason | null = null): Settlement => ({
      kind: 'returned',
      delivery,
      lease_token,
      reason,
    }),
    /** Prunes one slice of the events before a time. Returns the number of deleted rows. */
    prune: async (before: number, limit = 100) =>
      (await store.prune({ now: NOW + DAY_MS, before, limit })).deleted,
    /** Releases every lease as the next process does that takes over the database. Returns their number. */
    release: (now = NOW) => under_test.successor().releaseLeases({ now, of: 'dead_nodes' }),
    hook: async (id: string) => (await store.hooks([id])).get(id) ?? undefined,
    manual: async ({ delivery }: Pick<LeasedDelivery, 'delivery'>) => {
      const claim = await claimManually(delivery.workspace_id, delivery.id);
      if (claim.kind !== 'leased') throw new Error(`the delivery was not leased but ${claim.kind}`);
      return claim.leased;
    },
  };
};

export type Kit<T extends StoreUnderTest = StoreUnderTest> = ReturnType<typeof createKit<T>>;

/** The hooks of some leases, sorted. */
export const hookIdsOf = (leased: readonly Pick<LeasedDelivery, 'delivery'>[]): readonly string[] =>
  leased.map(({ delivery }) => delivery.hook_id).toSorted();

/** Registers one guarantee; each has its own empty store. */
export type Check = (guarantee: string, prove: (kit: Kit) => Promise<void>) => void;
