import { lastOutcome } from '../core/attempt.ts';
import type { Delivery } from '../core/delivery.ts';
import { hasSchedule } from '../core/event.ts';
import type { Hook } from '../core/hook.ts';
import type { JsonObject } from '../core/json.ts';
import { isOperational, type OperationalType } from '../core/operational-events.ts';
import type { Settlement, SettleResult } from '../ports/store.ts';
import type { OmittedNotices } from './notice-limit.ts';

/** An operational event before it is known whether a hook receives it. */
export interface Notice {
  readonly workspace_id: string;
  readonly type: OperationalType;
  /** The hook that it is about, which does not receive it. */
  readonly hook_id: string | null;
  /** Without the name of the hook. */
  readonly data: JsonObject;
}

type Settled = Extract<SettleResult, { readonly kind: 'settled' }>;

const iso = (time: number): string => new Date(time).toISOString();

const hookFields = ({ hook_id, tenant }: Pick<Delivery, 'hook_id' | 'tenant'>) => ({
  hook_id,
  hook_name: null,
  tenant,
});

const lastAttempt = (settlement: Settlement) => {
  if (settlement.kind !== 'attempted') return { last_outcome: null, last_status: null };
  const { last_outcome, last_status } = lastOutcome(settlement.attempt);
  return { last_outcome, last_status };
};

const failedDelivery = (settlement: Settlement, { failure_reason }: Settled, now: number): JsonObject => {
  const { delivery } = settlement;
  return {
    delivery_id: delivery.id,
    event_id: delivery.event_id,
    event_type: delivery.event_type,
    ...hookFields(delivery),
    failure_reason,
    ...lastAttempt(settlement),
    attempts: delivery.attempts + (settlement.kind === 'attempted' ? 1 : 0),
    failed_at: iso(now),
    count: 1,
  };
};

/**
 * The notices of a committed settlement. The deliveries of operational events cause none, so that a notice never leads to
 * another about itself. If they disable a hook, that is reported, once for each time that the hook is active.
 */
export const noticesOf = (settlement: Settlement, result: SettleResult, now: number): readonly Notice[] => {
  if (result.kind !== 'settled') return [];
  const { delivery } = settlement;
  const { workspace_id, hook_id, trigger, event_type } = delivery;
  const about = { workspace_id, hook_id };
  const notices: Notice[] = [];
  const is_reported = hasSchedule(trigger) && !isOperational(event_type);
  if (is_reported && result.hook_change === 'failing') {
    const data = { ...hookFields(delivery), ...lastAttempt(settlement), failing_since: iso(now), count: 1 };
    notices.push({ ...about, type: 'bellwire.hook.failing', data });
  }
  if (is_reported && result.status === 'failed') {
    const data = failedDelivery(settlement, result, now);
    notices.push({ ...about, type: 'bellwire.delivery.failed', data });
  }
  if (result.disabled !== null) {
    const data = { reason: result.disabled, ...lastAttempt(settlement), disabled_at: iso(now) };
    notices.push({ ...about, type: 'bellwire.hook.disabled', data: { ...hookFields(delivery), ...data } });
  }
  return notices;
};

/** A hook that was disabled is active again. */
export const enabledNotice = (before: Hook, now: number): Notice => {
  const { id: hook_id, workspace_id, tenant, disabled_reason } = before;
  const data = { ...hookFields({ hook_id, tenant }), disabled_reason, enabled_at: iso(now) };
  return { workspace_id, hook_id, type: 'bellwire.hook.enabled', data };
};

const NO_HOOK = { hook_id: null, hook_name: null, tenant: null, last_outcome: null, last_status: null };

/** The number of notices of a type that were left out. */
export const omittedNotice = ({ workspace_id, type, count }: OmittedNotices, now: number): Notice => ({
  workspace_id,
  hook_id: null,
  type,
  data:
    type === 'bellwire.hook.failing'
      ? { ...NO_HOOK, failing_since: iso(now), count }
      : {
          delivery_id: null,
          event_id: null,
          event_type: null,
          ...NO_HOOK,
          failure_reason: null,
          attempts: null,
          failed_at: iso(now),
          count,
        },
});
