import { lastOutcome } from '../../core/attempt.ts';
import type { DeliveryStatus } from '../../core/delivery.ts';
import type { LastOutcome } from '../../core/error-text.ts';
import { disabledReason } from '../../core/hook-health.ts';
import type { DisabledReason } from '../../core/hook.ts';
import {
  type DeliveryStep,
  nextStep,
  stepOfDisabled,
  stepOfReturned,
  stepOfUnprocessable,
} from '../../core/next-step.ts';
import type { AttemptedSettlement, Settlement, SettleResult } from '../../ports/store.ts';
import { type NewAttemptRow, toAttemptRow } from '../rows/attempt-row.ts';
import { type RequestBodyRow, toRequestBodyRow } from '../rows/request-body-row.ts';
import type { Batch } from './batch.ts';
import type { HookCounters } from './hook-counters.ts';
import type { IndexedHook } from './indexed-hook.ts';
import type { HookThrottles } from './hook-throttles.ts';
import type { Orders } from './orders.ts';
import type { Command } from './statement.ts';

/** The end of a lease. */
export interface LeaseEnd extends DeliveryStep {
  readonly workspace_id: string;
  readonly id: string;
  readonly lease_token: number;
  readonly updated_at: number;
}

/** The end of the lease of a delivery that was sent. */
export interface AttemptEnd extends LeaseEnd, LastOutcome {
  readonly attempts: number;
  readonly last_duration_ms: number | null;
}

const leaseEnd = ({ delivery, lease_token }: Settlement, step: DeliveryStep, now: number): LeaseEnd => ({
  ...step,
  workspace_id: delivery.workspace_id,
  id: delivery.id,
  lease_token,
  updated_at: now,
});

const settled = (
  step: DeliveryStep,
  disabled: DisabledReason | null,
  hook_change: 'failing' | 'recovered' | null = null,
): SettleResult => ({
  kind: 'settled',
  status: step.status,
  next_attempt_at: step.next_attempt_at,
  failure_reason: step.failure_reason,
  disabled,
  hook_change,
});

/** Statements that settle a lease. Those that end it change no row if it is stale. */
export interface SettlementStatements {
  readonly insertAttempt: Command<NewAttemptRow>;
  /** Changes nothing if the event has the body already. */
  readonly insertRequestBody: Command<RequestBodyRow>;
  readonly endUnsent: Command<LeaseEnd>;
  readonly endAttempt: Command<AttemptEnd>;
  readonly hold: Command<{
    readonly workspace_id: string;
    readonly id: string;
    readonly status: DeliveryStatus;
  }>;
}

/** Settles leases, inside the open transaction. */
export class SettlementWriter {
  readonly #statements: SettlementStatements;
  readonly #counters: HookCounters;
  readonly #throttles: HookThrottles;
  readonly #orders: Orders;

  constructor(
    statements: SettlementStatements,
    parts: { readonly counters: HookCounters; readonly throttles: HookThrottles; readonly orders: Orders },
  ) {
    this.#statements = statements;
    this.#counters = parts.counters;
    this.#throttles = parts.throttles;
    this.#orders = parts.orders;
  }

  /** Ends a lease, and releases the next delivery of its order. */
  write(settlement: Settlement, batch: Batch): SettleResult {
    const result = this.#end(settlement, batch);
    if (result.kind === 'settled') this.#orders.settled(settlement.delivery, result.status, batch);
    return result;
  }

  #end(settlement: Settlement, batch: Batch): SettleResult {
    const { delivery } = settlement;
    const hook = batch.hook(delivery.workspace_id, delivery.hook_id) ?? null;
    switch (settlement.kind) {
      case 'attempted': {
        const result = this.#writeAttempt(settlement, hook, batch);
        if (result.kind === 'settled') batch.stats.count(settlement);
        return result;
      }
      case 'returned': {
        const { reason } = settlement;
        const step = stepOfReturned(delivery, hook, { reason, now: batch.now });
        return this.#endUnsent(settlement, { hook, step, batch });
      }
      case 'unrenderable':
      case 'unrecordable': {
        const step = stepOfUnprocessable(delivery, hook, settlement.kind);
        return this.#endUnsent(settlement, { hook, step, batch });
      }
    }
  }

  #writeAttempt(settlement: AttemptedSettlement, hook: IndexedHook | null, batch: Batch): SettleResult {
    const { delivery, attempt, sender_died, policy, retry_after_ms, roll } = settlement;
    const { now } = batch;
    const { outcome } = attempt;
    const step = nextStep({ delivery, hook, outcome, sender_died, policy, retry_after_ms, roll, now });
    const changed = this.#statements.endAttempt.run({
      ...leaseEnd(settlement, step.delivery, now),
      ...lastOutcome(attempt),
      last_duration_ms: attempt.timings?.total_ms ?? null,
      attempts: delivery.attempts + 1,
    });
    if (changed === 0) return { kind: 'stale' };
    const body = toRequestBodyRow(settlement);
    if (body !== null) this.#statements.insertRequestBody.run(body);
    this.#statements.insertAttempt.run(toAttemptRow(settlement, body?.hash ?? null));
    if (hook === null) return settled(step.delivery, null);
    this.#throttles.attempted(hook, settlement, { effect: step.hook, batch });
    const current = batch.current(hook);
    if (step.hook === null) return settled(step.delivery, null);
    if (step.hook === 'succeeded') {
      this.#counters.resetFailures(current, batch);
      return settled(step.delivery, null, hook.is_failing ? 'recovered' : null);
    }
    const disabled = this.#countFailure(settlement, { hook: current, step: step.delivery, batch });
    const hook_change = hook.is_failing ? null : 'failing';
    if (disabled === null) return settled(step.delivery, null, hook_change);
    const held = stepOfDisabled(delivery, step.delivery);
    if (held !== step.delivery) this.#statements.hold.run({ ...delivery, status: held.status });
    return settled(held, disabled, hook_change);
  }

  /** Counts a failure of the hook, in the database and not in memory, and disables the hook if its policy requires it. */
  #countFailure(
    { attempt, policy }: AttemptedSettlement,
    { hook, step, batch }: { readonly hook: IndexedHook; readonly step: DeliveryStep; readonly batch: Batch },
  ): DisabledReason | null {
    const failed = this.#counters.countFailure(hook, lastOutcome(attempt), batch);
    const { outcome } = attempt;
    const { failure_reason } = step;
    const reason = disabledReason(failed, { outcome, policy, failure_reason, now: batch.now });
    if (reason !== null) this.#counters.disable(hook, reason, batch);
    return reason;
  }

  #endUnsent(
    settlement: Settlement,
    {
      hook,
      step,
      batch,
    }: { readonly hook: IndexedHook | null; readonly step: DeliveryStep; readonly batch: Batch },
  ): SettleResult {
    const changed = this.#statements.endUnsent.run(leaseEnd(settlement, step, batch.now));
    if (changed === 0) return { kind: 'stale' };
    if (hook !== null) this.#throttles.unsent(hook, settlement.delivery.id, batch);
    return settled(step, null);
  }
}
