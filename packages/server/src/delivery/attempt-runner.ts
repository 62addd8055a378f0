import type { RetryPolicy } from '../core/retry-schedule.ts';
import { parseRetryAfter } from '../core/retry-after.ts';
import type { Delivery } from '../core/delivery.ts';
import type { SendableHook } from '../core/hook.ts';
import type { IdFactory } from '../core/ids.ts';
import type { Dialect } from '../dialects/dialect.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import type { LeasedDelivery, Settlement, Store } from '../ports/store.ts';
import type { OutboundRequest, SendResult, Transport } from '../ports/transport.ts';
import { prepare, type Prepared } from './prepare-request.ts';

/** Makes attempts: prepare, send, settle. A first attempt and a retry are the same. */
export interface Attempts {
  readonly start: (batch: readonly LeasedDelivery[]) => Promise<void>;
  readonly onResults: (results: readonly SendResult[]) => void;
}

export interface AttemptsOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly ids: IdFactory;
  readonly transport: () => Transport;
  readonly dialects: ReadonlyMap<string, Dialect>;
  readonly user_agent: string;
  /** Replace every dialect's own. */
  readonly retry_delays_ms: readonly number[] | null;
  readonly timeout_ms: number | null;
  readonly settle: (settlement: Settlement) => void;
  /** A delivery whose lease passed before it could be sent: it is nobody's to settle here. */
  readonly onLeasePassed: (delivery: Delivery) => void;
}

interface UnderWay {
  readonly leased: LeasedDelivery;
  readonly prepared: Prepared;
  readonly policy: RetryPolicy;
  readonly started_at: number;
}

/** A hook that stopped being active while its delivery waited gets nothing more, but for what was asked by hand. */
const mayBeSent = (leased: LeasedDelivery, hook: SendableHook): boolean =>
  hook.status === 'active' || leased.delivery.trigger !== 'scheduled';

export const createAttempts = (options: AttemptsOptions): Attempts => {
  const { clock, ids, settle } = options;
  const under_way = new Map<string, UnderWay>();

  const policyOf = (dialect: Dialect): RetryPolicy =>
    options.retry_delays_ms === null
      ? dialect.retry
      : { ...dialect.retry, delays_ms: options.retry_delays_ms };

  const giveUp = (leased: LeasedDelivery, kind: 'returned' | 'unrenderable'): void => {
    settle({ kind, delivery: leased.delivery, lease_token: leased.lease_token });
  };

  /** A dialect may be a user's own: one that throws fails this delivery, never its neighbours. */
  const render = (
    leased: LeasedDelivery,
    to: { readonly hook: SendableHook; readonly dialect: Dialect },
    attempt_id: string,
  ): Prepared | null => {
    const { user_agent, timeout_ms } = options;
    try {
      return prepare(leased, to, { attempt_id, sent_at: clock.now(), user_agent, timeout_ms });
    } catch (error) {
      options.log.error('a dialect threw an error; the delivery fails', {
        dialect: to.dialect.name,
        delivery_id: leased.delivery.id,
        reason: String(error),
      });
      return null;
    }
  };

  const prepareOne = (leased: LeasedDelivery, hook: SendableHook | undefined): OutboundRequest | null => {
    const now = clock.now();
    if (leased.lease_until <= now) {
      // Somebody else may have it by now; the sweep records the lease as interrupted.
      options.onLeasePassed(leased.delivery);
      return null;
    }
    const dialect = hook === undefined ? undefined : options.dialects.get(hook.dialect);
    if (hook === undefined || dialect === undefined || !mayBeSent(leased, hook)) {
      giveUp(leased, 'returned');
      return null;
    }
    const attempt_id = ids('att');
    const prepared = render(leased, { hook, dialect }, attempt_id);
    if (prepared === null) {
      giveUp(leased, 'unrenderable');
      return null;
    }
    under_way.set(attempt_id, { leased, prepared, policy: policyOf(dialect), started_at: now });
    return prepared.request;
  };

  const settleResult = (result: SendResult): void => {
    const attempt = under_way.get(result.id);
    if (attempt === undefined) return;
    under_way.delete(result.id);
    const { leased, prepared, policy, started_at } = attempt;
    settle({
      kind: 'attempted',
      delivery: leased.delivery,
      lease_token: leased.lease_token,
      attempt: {
        id: result.id,
        started_at,
        outcome: result.outcome,
        request: prepared.recorded,
        response: result.response,
        timings: result.timings,
        reused_connection: result.reused_connection,
      },
      policy,
      retry_after_ms: parseRetryAfter(result.response?.headers['retry-after'], clock.now()),
      roll: options.random.roll(),
    });
  };

  return {
    start: async (batch) => {
      const hook_ids = [...new Set(batch.map(({ delivery }) => delivery.hook_id))];
      let hooks: ReadonlyMap<string, SendableHook>;
      try {
        hooks = await options.store.hooks(hook_ids);
      } catch (error) {
        options.log.error('hooks could not be read; their deliveries go back', { reason: String(error) });
        for (const leased of batch) giveUp(leased, 'returned');
        return;
      }
      const requests = batch.flatMap(
        (leased) => prepareOne(leased, hooks.get(leased.delivery.hook_id)) ?? [],
      );
      if (requests.length > 0) options.transport().send(requests);
    },
    onResults: (results) => results.forEach(settleResult),
  };
};
