import type { BreakerState } from '../core/breaker.ts';
import type { HookChange } from '../core/changes.ts';
import type { Delivery, DeliveryStatus } from '../core/delivery.ts';
import type { Trigger } from '../core/event.ts';
import { LineLimit } from './line-limit.ts';
import { type OutcomeKind, outcomeDetail, type ServerFault } from '../core/outcome.ts';
import type { Changes } from '../ports/changes.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type {
  EventReceipt,
  HookThrottle,
  LeasedDelivery,
  NewEvent,
  Settlement,
  SettleResult,
} from '../ports/store.ts';

/** A committed event or attempt, for the metrics. */
export type Observation =
  | {
      readonly kind: 'accepted';
      readonly trigger: Trigger;
      readonly deliveries: number;
      /** Hooks whose filter did not match. */
      readonly filtered: number;
    }
  /** A filter could not be evaluated, and its hook gets the event. */
  | { readonly kind: 'filter_failed' }
  | {
      readonly kind: 'attempted';
      readonly workspace_id: string;
      readonly trigger: Trigger;
      readonly outcome: OutcomeKind;
      readonly fault: ServerFault | null;
      readonly duration_ms: number;
      readonly status: DeliveryStatus;
    }
  | { readonly kind: 'stale' }
  /** Deliveries canceled because they had waited for longer than the retention. */
  | { readonly kind: 'expired'; readonly deliveries: number };

export interface ReportOptions {
  readonly log: Log;
  readonly clock: Clock;
  readonly changes: Changes;
  /** Called for every accepted event and settled attempt. */
  readonly observe: (observation: Observation) => void;
}

type Attempted = Extract<Settlement, { readonly kind: 'attempted' }>;
type Settled = Extract<SettleResult, { readonly kind: 'settled' }>;
type HookIds = Pick<Delivery, 'workspace_id' | 'hook_id'>;

const idsOf = ({ workspace_id, tenant, hook_id, id, event_id }: Delivery) => ({
  workspace_id,
  tenant,
  hook_id,
  delivery_id: id,
  event_id,
});

/** Reports commits to the log, to an observer and to those who watch for changes. Log lines never contain URLs, headers or bodies. */
export class Report {
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #changes: Changes;
  readonly #observe: (observation: Observation) => void;
  /** By hook, or by fault of this server. */
  readonly #failures = new LineLimit<HookIds | { readonly fault: ServerFault }>();

  /** By hook. */
  readonly #failed_filters = new LineLimit<HookIds>();

  constructor({ log, clock, changes, observe }: ReportOptions) {
    this.#log = log;
    this.#clock = clock;
    this.#changes = changes;
    this.#observe = observe;
  }

  accepted(event: NewEvent, { deliveries, filtered }: EventReceipt, leased: readonly LeasedDelivery[]): void {
    // A single event has its delivery at once; one without any delivery to send was scheduled.
    const trigger = leased[0]?.delivery.trigger ?? 'scheduled';
    this.#observe({ kind: 'accepted', trigger, deliveries, filtered });
    if (leased.length < deliveries) this.#changes.event(event);
  }

  /** The hook gets the event. */
  filterFailed({ workspace_id, tenant, id: event_id }: NewEvent, hook_id: string): void {
    this.#observe({ kind: 'filter_failed' });
    const is_admitted = this.#failed_filters.admits(
      hook_id,
      { workspace_id, hook_id },
      this.#clock.monotonic(),
    );
    this.#log[is_admitted ? 'warn' : 'debug'](
      'the filter of a hook could not be evaluated; the hook gets the event',
      { workspace_id, tenant, hook_id, event_id },
    );
  }

  /** Deliveries were created with a lease, or claimed. */
  leased(leased: readonly LeasedDelivery[]): void {
    for (const { delivery } of leased) this.#changes.delivery(delivery);
  }

  settled(settlement: Settlement, result: SettleResult): void {
    const { delivery } = settlement;
    if (result.kind !== 'settled') {
      this.#log.warn('an attempt was not recorded: another node has taken over its lease', idsOf(delivery));
      this.#observe({ kind: 'stale' });
      return;
    }
    if (settlement.kind === 'attempted') this.#attempted(settlement, result);
    if (result.failure_reason === 'quarantined') {
      this.#log.error(
        'quarantined a delivery that killed the sender thread repeatedly; retry it manually',
        idsOf(delivery),
      );
    }
    this.#changes.delivery(delivery);
    this.#reportHook(delivery, result);
  }

  /** The breaker of a hook, which was in the state `before` until this commit. */
  breaker({ workspace_id, hook_id, state, until }: HookThrottle, before: BreakerState): void {
    if (state === before) return;
    this.#changes.hook(workspace_id, { hook_id, tenant: null, change: 'breaker' });
    const ids = { workspace_id, hook_id };
    if (before === 'closed') {
      const next_probe_at = until === null ? null : new Date(until).toISOString();
      this.#log.warn('a hook is held back: its breaker has opened', { ...ids, next_probe_at });
    }
    if (state === 'closed') this.#log.info('the breaker of a hook has closed', ids);
  }

  leaseLost(delivery: Delivery): void {
    this.#log.warn('another node took over a lease before its delivery was sent', idsOf(delivery));
  }

  /** Reports the failures that were not logged, once their minute is over; on shutdown, all of them. */
  flush(all = false): void {
    const now = all ? Infinity : this.#clock.monotonic();
    for (const { about, count } of this.#failures.ended(now))
      this.#log.warn('more attempts failed', { ...about, count });
    for (const { about, count } of this.#failed_filters.ended(now))
      this.#log.warn('more filters could not be evaluated', { ...about, count });
  }

  #attempted({ delivery, attempt }: Attempted, { status, next_attempt_at, failure_reason }: Settled): void {
    const { outcome, timings } = attempt;
    const duration_ms = timings?.total_ms ?? 0;
    const { workspace_id, hook_id, trigger } = delivery;
    const fault = outcome.kind === 'interrupted' ? (outcome.fault ?? null) : null;
    this.#observe({
      kind: 'attempted',
      workspace_id,
      trigger,
      outcome: outcome.kind,
      fault,
      duration_ms,
      status,
    });
    const fields = {
      ...idsOf(delivery),
      attempt_id: attempt.id,
      number: delivery.attempts + 1,
      trigger,
      outcome: outcome.kind,
      duration_ms: Math.round(duration_ms),
      status,
    };
    if (outcome.kind === 'succeeded') {
      this.#log.debug('an attempt succeeded', fields);
      return;
    }
    const about = fault === null ? { workspace_id, hook_id } : { fault };
    const is_admitted = this.#failures.admits(fault ?? hook_id, about, this.#clock.monotonic());
    const level = fault === null ? 'warn' : 'error';
    const message = fault === null ? 'an attempt failed' : 'this server could not carry out an attempt';
    this.#log[is_admitted ? level : 'debug'](message, {
      ...fields,
      detail: outcomeDetail(outcome),
      failure_reason,
      next_attempt_at: next_attempt_at === null ? null : new Date(next_attempt_at).toISOString(),
    });
  }

  #reportHook(
    { workspace_id, tenant, hook_id }: Pick<Delivery, 'workspace_id' | 'tenant' | 'hook_id'>,
    { disabled, hook_change }: Settled,
  ): void {
    const ids = { workspace_id, tenant, hook_id };
    const note = (change: HookChange) => this.#changes.hook(workspace_id, { hook_id, tenant, change });
    if (hook_change !== null) note(hook_change);
    if (disabled !== null) {
      note('disabled');
      this.#changes.bulk(workspace_id, { reason: 'held', hook_id, tenant: null });
    }
    if (hook_change === 'failing') this.#log.warn('a hook is failing', ids);
    if (hook_change === 'recovered') this.#log.info('a hook is no longer failing', ids);
    if (disabled !== null) this.#log.warn('disabled a hook', { ...ids, reason: disabled });
  }
}
