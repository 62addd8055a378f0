import * as fc from 'fast-check';
import type { WaitReason } from '../../packages/server/src/core/delivery.ts';
import type { Outcome } from '../../packages/server/src/core/outcome.ts';
import type { RateLimit } from '../../packages/server/src/core/rate-limit.ts';
import type { RecoverableStatus } from '../../packages/server/src/core/recovery.ts';
import type { HookChange } from '../../packages/server/src/ports/repositories.ts';
import { ONE_ATTEMPT, POLICY, STRICT_POLICY } from '../storage/conformance/kit.ts';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

/** A number that is taken modulo the number of hooks, deliveries, events or leases. */
type Which = number;

export interface EventChoice {
  readonly type: string;
  readonly tenant: string | null;
  readonly order: string;
  readonly amount: number;
  readonly key: { readonly idempotency_key: string; readonly fingerprint: string } | null;
  readonly delay_ms: number | null;
  readonly only: Which | null;
  readonly is_ping: boolean;
  readonly is_large: boolean;
  readonly has_metadata: boolean;
}

export interface SettlementChoice {
  readonly kind: 'attempted' | 'returned' | 'unrenderable' | 'unrecordable';
  readonly lease: Which;
  /** A lease that has ended, or was taken over. */
  readonly is_past: boolean;
  readonly outcome: Outcome;
  readonly policy: typeof POLICY;
  readonly retry_after_ms: number | null;
  readonly sender_died: boolean;
  readonly reason: WaitReason | null;
  readonly roll: number;
  readonly body: 'none' | 'small' | 'large' | 'nul';
}

export interface CommitStep {
  readonly kind: 'commit';
  readonly events: readonly EventChoice[];
  readonly settlements: readonly SettlementChoice[];
  readonly saturated: Which | null;
  readonly max_deliveries: number;
}

export interface HookChoice {
  readonly events: readonly string[];
  readonly tenant: string | null;
  readonly filter: string | null;
  readonly status: 'active' | 'paused';
  readonly order: { readonly ordered: boolean; readonly order_key: string | null };
  readonly rate_limit: RateLimit | null;
  readonly max_attempts: number | null;
}

export type JobStep = {
  readonly kind: 'recover' | 'cancel';
  readonly hook: Which | null;
  readonly statuses: readonly RecoverableStatus[];
};

export type PruneStep = {
  readonly kind: 'prune' | 'prunePayloads' | 'pruneStats';
  readonly age_ms: number;
  readonly limit: number;
};

/** One command to a store, or to the repositories beside it. */
export type StoreStep =
  | CommitStep
  | JobStep
  | PruneStep
  | { readonly kind: 'advance'; readonly ms: number }
  | { readonly kind: 'create'; readonly hook: HookChoice }
  | { readonly kind: 'change'; readonly which: Which; readonly change: HookChange }
  | { readonly kind: 'remove' | 'rotate' | 'manual' | 'skip' | 'erase'; readonly which: Which }
  | { readonly kind: 'continue'; readonly max_deliveries: number; readonly closed: string | null }
  | { readonly kind: 'claim'; readonly limit: number }
  | { readonly kind: 'extend'; readonly of: 'held' | 'past' }
  | { readonly kind: 'expire'; readonly held: number }
  | { readonly kind: 'restart' | 'pruneSecrets' | 'read' }
  | { readonly kind: 'stop' | 'pullIn'; readonly limit: number };

const which = fc.nat({ max: 1_000 });
const rarely = <T>(value: fc.Arbitrary<T>, weight = 5): fc.Arbitrary<T | null> =>
  fc.oneof({ weight, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: value });
const anyOf = fc.constantFrom;

const anyEvent: fc.Arbitrary<EventChoice> = fc.record({
  type: anyOf('order.created', 'order.created', 'order.paid', 'invoice.paid'),
  tenant: anyOf(null, null, 'cus_1', 'cus_2'),
  order: anyOf('a', 'a', 'b'),
  amount: fc.integer({ min: 0, max: 9 }),
  key: rarely(fc.record({ idempotency_key: anyOf('k1', 'k2', 'k3'), fingerprint: anyOf('f1', 'f1', 'f2') })),
  delay_ms: rarely(anyOf(0, 2 * SECOND, HOUR)),
  only: rarely(which),
  is_ping: rarely(anyOf(true), 12).map((given) => given ?? false),
  is_large: rarely(anyOf(true), 20).map((given) => given ?? false),
  has_metadata: fc.boolean(),
});

const OUTCOMES: readonly Outcome[] = [
  { kind: 'succeeded' },
  { kind: 'succeeded' },
  { kind: 'http_status', status: 500 },
  { kind: 'http_status', status: 500 },
  { kind: 'http_status', status: 503 },
  { kind: 'timeout', phase: 'headers' },
  { kind: 'connection_failed', code: 'ECONNREFUSED' },
  { kind: 'address_blocked', code: 'private' },
  { kind: 'interrupted' },
];
const GONE: Outcome = { kind: 'http_status', status: 410 };
/** Disables a hook soon. */
const IMPATIENT: typeof POLICY = { ...POLICY, disable: { when: 'failing', for_ms: SECOND, min_attempts: 3 } };

const anySettlement: fc.Arbitrary<SettlementChoice> = fc.record({
  kind: anyOf('attempted', 'attempted', 'attempted', 'attempted', 'returned', 'unrenderable', 'unrecordable'),
  lease: which,
  is_past: rarely(anyOf(true), 8).map((given) => given ?? false),
  outcome: fc.oneof(
    { weight: 30, arbitrary: anyOf(...OUTCOMES) },
    { weight: 1, arbitrary: fc.constant(GONE) },
  ),
  policy: anyOf(POLICY, POLICY, ONE_ATTEMPT.policy, STRICT_POLICY, IMPATIENT),
  retry_after_ms: rarely(anyOf(0, 30 * SECOND)),
  sender_died: rarely(anyOf(true), 20).map((given) => given ?? false),
  reason: anyOf<(WaitReason | null)[]>(null, 'dialect_missing', 'hook_unreadable', 'server_fault'),
  roll: anyOf(0, 0.25, 0.999),
  body: anyOf('none', 'small', 'large', 'nul'),
});

const anyHook: fc.Arbitrary<HookChoice> = fc.record({
  events: anyOf(['*'], ['*'], ['order.*'], ['order.created', 'invoice.paid']),
  tenant: anyOf(null, null, 'cus_1', '*', '*'),
  filter: rarely(anyOf('amount >= 5', '$type starts_with "order"'), 3),
  status: anyOf('active', 'active', 'active', 'paused'),
  order: anyOf(
    { ordered: false, order_key: null },
    { ordered: false, order_key: null },
    { ordered: true, order_key: 'key' },
    { ordered: true, order_key: null },
  ),
  rate_limit: rarely(anyOf<RateLimit[]>({ count: 2, per: 'second' }, { count: 3, per: 'hour' })),
  max_attempts: rarely(anyOf(1, 4)),
});

const anyChange: fc.Arbitrary<HookChange> = fc.oneof(
  {
    weight: 4,
    arbitrary: anyOf<HookChange[]>({ status: 'paused' }, { status: 'active', disabled_reason: null }),
  },
  {
    weight: 3,
    arbitrary: anyOf<HookChange[]>(
      { events: ['order.*'] },
      { filter: 'amount < 3' },
      { filter: null },
      { ordered: true, order_key: 'key' },
      { ordered: false, order_key: null },
      { rate_limit: { count: 1, per: 'second' } },
      { rate_limit: null },
      { max_attempts: 2 },
      { url: 'https://other.example.com/' },
    ),
  },
);

const anyCommit: fc.Arbitrary<CommitStep> = fc.record({
  kind: fc.constant('commit'),
  events: fc.array(anyEvent, { maxLength: 6 }),
  settlements: fc.array(anySettlement, { maxLength: 6 }),
  saturated: rarely(which, 3),
  max_deliveries: anyOf(512, 512, 4, 1),
});

const anyJob: fc.Arbitrary<JobStep> = fc.record({
  kind: anyOf('recover', 'recover', 'cancel'),
  hook: fc.option(which),
  statuses: anyOf<RecoverableStatus[][]>(
    ['failed', 'held', 'pending'],
    ['failed', 'succeeded'],
    ['held', 'pending'],
    ['missed'],
    ['missed', 'failed'],
  ),
});

const ages = anyOf(0, 2 * SECOND, HOUR, 30 * HOUR);
const limits = anyOf(1, 3, 100);

/** One valid command; its numbers fit whatever the store has by then. */
export const anyStoreStep: fc.Arbitrary<StoreStep> = fc.oneof(
  { weight: 12, arbitrary: anyCommit },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('claim'), limit: anyOf(1, 2, 5, 100) }) },
  {
    weight: 7,
    arbitrary: fc.record({
      kind: fc.constant('advance'),
      ms: anyOf(0, 5, 300, 2 * SECOND, 20 * SECOND, 100 * SECOND, HOUR, 30 * HOUR),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('create'), hook: anyHook }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('change'), which, change: anyChange }) },
  { weight: 2, arbitrary: fc.record({ kind: anyOf('remove', 'rotate', 'erase'), which }) },
  { weight: 6, arbitrary: fc.record({ kind: anyOf('manual', 'manual', 'skip'), which }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('continue'),
      max_deliveries: anyOf(1, 3, 512),
      closed: anyOf(null, 'cus_1'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('extend'), of: anyOf('held', 'past') }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('expire'), held: anyOf(0, 0, 1) }) },
  { weight: 3, arbitrary: fc.record({ kind: anyOf('restart', 'pruneSecrets', 'read', 'read') }) },
  { weight: 3, arbitrary: fc.record({ kind: anyOf('stop', 'pullIn'), limit: limits }) },
  { weight: 3, arbitrary: anyJob },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: anyOf('prune', 'prunePayloads', 'pruneStats'),
      age_ms: ages,
      limit: limits,
    }),
  },
);
