import type { Delivery, DeliveryStatus } from '../core/delivery.ts';
import type { Trigger } from '../core/event.ts';
import type { OutcomeKind } from '../core/outcome.ts';
import type { Log } from '../ports/log.ts';
import type { EventReceipt, Settlement, SettleResult } from '../ports/store.ts';

/** A committed event or attempt, for the metrics. */
export type Observation =
  | { readonly kind: 'accepted'; readonly trigger: Trigger; readonly deliveries: number }
  | {
      readonly kind: 'attempted';
      readonly workspace_id: string;
      readonly trigger: Trigger;
      readonly outcome: OutcomeKind;
      readonly duration_ms: number;
      readonly status: DeliveryStatus;
    }
  | { readonly kind: 'stale' }
  /** Deliveries canceled because they had waited for longer than the retention. */
  | { readonly kind: 'expired'; readonly deliveries: number };

/** Reports commits to the log and to an observer. */
export class Report {
  readonly #log: Log;
  readonly #observe: (observation: Observation) => void;

  constructor({ log, observe }: { readonly log: Log; readonly observe: (observation: Observation) => void }) {
    this.#log = log;
    this.#observe = observe;
  }

  accepted({ deliveries }: EventReceipt, trigger: Trigger): void {
    this.#observe({ kind: 'accepted', trigger, deliveries });
  }

  settled(settlement: Settlement, result: SettleResult): void {
    const { id: delivery_id, hook_id, workspace_id, trigger } = settlement.delivery;
    if (result.kind !== 'settled') {
      this.#log.warn('an attempt was not recorded: another node has taken over its lease', {
        delivery_id,
      });
      this.#observe({ kind: 'stale' });
      return;
    }
    if (result.failure_reason === 'quarantined') {
      this.#log.error('quarantined a delivery that killed the sender thread repeatedly; retry it manually', {
        delivery_id,
        hook_id,
      });
    }
    if (result.disabled !== null) this.#log.warn('disabled a hook', { hook_id, reason: result.disabled });
    if (settlement.kind !== 'attempted') return;
    const { outcome, timings } = settlement.attempt;
    this.#observe({
      kind: 'attempted',
      workspace_id,
      trigger,
      outcome: outcome.kind,
      duration_ms: timings?.total_ms ?? 0,
      status: result.status,
    });
  }

  leaseLost({ id }: Delivery): void {
    this.#log.warn('another node took over a lease before its delivery was sent', { delivery_id: id });
  }
}
