import { afterAttempt, type Breaker, isOverloaded, withoutProbe, withProbe } from '../../core/breaker.ts';
import {
  afterLeases,
  type Allowance,
  allowanceOf,
  isThrottled,
  isUnthrottled,
  mustWait,
  type Throttle,
  UNTHROTTLED,
} from '../../core/hook-throttle.ts';
import type { HookEffect } from '../../core/next-step.ts';
import { hookDelays, retryBase } from '../../core/retry-schedule.ts';
import type { AttemptedSettlement } from '../../ports/store.ts';
import type { Schema } from '../schema.ts';
import type { Batch } from './batch.ts';
import type { IndexedHook } from './indexed-hook.ts';
import type { Command } from './statement.ts';

/** Statements that store a throttle. */
export interface ThrottleStatements {
  readonly upsert: Command<Schema['bellwire_throttles']>;
  readonly remove: Command<{ readonly hook_id: string }>;
}

/** Decides when hooks may send and stores their throttles, inside the open transaction. */
export interface HookThrottles {
  /** Whether a new scheduled delivery may be leased at once. If so, it counts towards the rate limit. */
  readonly takeFirst: (hook: IndexedHook, batch: Batch) => boolean;
  /** How many due deliveries may be leased; null for a hook without a throttle. */
  readonly allowance: (hook: IndexedHook, batch: Batch) => Allowance | null;
  /** Counts the leases of a claim. `wanted` is how many it could have leased. */
  readonly claimed: (hook: IndexedHook, claim: Claimed, batch: Batch) => void;
  /** Counts an attempt. Free for a success of a hook without a throttle. */
  readonly attempted: (hook: IndexedHook, settlement: AttemptedSettlement, counted: Counted) => void;
  /** Sends the next probe if the one in flight was returned unsent. */
  readonly unsent: (hook: IndexedHook, delivery_id: string, batch: Batch) => void;
}

interface Claimed {
  readonly allowance: Allowance;
  readonly ids: readonly string[];
  readonly wanted: number;
}

interface Counted {
  readonly effect: HookEffect;
  readonly batch: Batch;
}

/** The delay that the next attempt of a delivery would have without jitter. */
const retryBaseOf = ({ delivery, policy }: AttemptedSettlement, hook: IndexedHook): number =>
  retryBase(hookDelays(hook, policy.delays_ms), delivery.failures + 1);

/** Throttles over the statements of one transaction, or of one connection. */
export const createHookThrottles = (statements: ThrottleStatements): HookThrottles => {
  const save = (hook: IndexedHook, throttle: Throttle, batch: Batch): void => {
    const is_stored = !isUnthrottled(throttle, hook.rate_limit);
    if (is_stored) {
      statements.upsert.run({ hook_id: hook.id, workspace_id: hook.workspace_id, ...throttle });
    } else if (hook.throttle !== null) {
      statements.remove.run({ hook_id: hook.id });
    }
    batch.changeHook({ ...hook, throttle: is_stored ? throttle : null });
  };

  const saveBreaker = (hook: IndexedHook, breaker: Breaker, batch: Batch): void => {
    save(hook, { ...(hook.throttle ?? UNTHROTTLED), ...breaker }, batch);
    batch.noteThrottle(hook, { waits: true });
  };

  const take = (hook: IndexedHook, taken: number, batch: Batch): void => {
    const throttle = afterLeases(hook, { taken, now: batch.now });
    if (throttle !== null && throttle !== hook.throttle) save(hook, throttle, batch);
  };

  return {
    takeFirst: (hook, batch) => {
      if (!isThrottled(hook)) return true;
      const waits = mustWait(hook, batch.now);
      if (!waits) take(hook, 1, batch);
      if (waits || hook.rate_limit !== null) batch.noteThrottle(hook, { waits });
      return !waits;
    },
    allowance: (hook, { now }) => (isThrottled(hook) ? allowanceOf(hook, now) : null),
    claimed: (hook, { allowance, ids, wanted }, batch) => {
      const [probe_id] = ids;
      take(hook, ids.length, batch);
      if (allowance.is_probe && probe_id !== undefined) {
        const current = batch.current(hook);
        saveBreaker(current, withProbe(current.throttle ?? UNTHROTTLED, probe_id, batch.now), batch);
      }
      batch.noteThrottle(hook, { waits: ids.length >= Math.min(wanted, allowance.max) });
    },
    attempted: (hook, settlement, { effect, batch }) => {
      if (hook.throttle === null && effect !== 'failed') return;
      const { delivery, attempt, retry_after_ms } = settlement;
      const before = hook.throttle ?? UNTHROTTLED;
      const after = afterAttempt(before, {
        delivery_id: delivery.id,
        is_manual: delivery.trigger === 'manual',
        effect,
        is_overloaded: isOverloaded(attempt.response?.status ?? null),
        retry_after_ms,
        retry_base_ms: retryBaseOf(settlement, hook),
        now: batch.now,
      });
      if (after !== before) saveBreaker(hook, after, batch);
    },
    unsent: (hook, delivery_id, batch) => {
      const { throttle } = hook;
      if (throttle?.state !== 'half_open' || throttle.probe_id !== delivery_id) return;
      saveBreaker(hook, withoutProbe(throttle, batch.now), batch);
    },
  };
};
