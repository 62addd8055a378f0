import type { Database } from 'better-sqlite3';
import { type Insertable, type Kysely, sql } from 'kysely';
import {
  type DeliveryStep,
  type HookStep,
  nextStep,
  stepOfReturned,
  stepOfUnrenderable,
} from '../../core/next-step.ts';
import type { DisabledReason, SendableHook } from '../../core/hook.ts';
import { outcomeDetail } from '../../core/outcome.ts';
import type { Settlement, SettleResult } from '../../ports/store.ts';
import type { Schema } from '../schema.ts';
import type { HookCache } from './hook-cache.ts';
import { columns, prepare } from './prepared.ts';

type AttemptRow = Insertable<Schema['bellwire_attempts']>;
type Attempted = Extract<Settlement, { kind: 'attempted' }>;

/** Ends one lease inside the open transaction. */
export type Settle = (settlement: Settlement, now: number) => SettleResult;

const ATTEMPT_COLUMNS = [
  'id',
  'workspace_id',
  'delivery_id',
  'hook_id',
  'number',
  'trigger',
  'outcome',
  'outcome_detail',
  'started_at',
  'duration_ms',
  'timings',
  'request_method',
  'request_url',
  'request_headers',
  'request_body',
  'response_status',
  'response_headers',
  'response_body',
  'response_truncated',
] as const satisfies readonly (keyof AttemptRow)[];

interface DeliveryUpdate {
  readonly workspace_id: string;
  readonly id: string;
  readonly lease_token: number;
  readonly status: DeliveryStep['status'];
  readonly attempts: number;
  readonly failures: number;
  readonly next_attempt_at: number | null;
  readonly failure_reason: DeliveryStep['failure_reason'];
  readonly updated_at: number;
}

const toAttemptRow = ({ delivery, attempt }: Attempted): AttemptRow => {
  const { request, response, timings } = attempt;
  return {
    id: attempt.id,
    workspace_id: delivery.workspace_id,
    delivery_id: delivery.id,
    hook_id: delivery.hook_id,
    number: delivery.attempts + 1,
    trigger: delivery.trigger,
    outcome: attempt.outcome.kind,
    outcome_detail: outcomeDetail(attempt.outcome),
    started_at: attempt.started_at,
    duration_ms: timings?.total_ms ?? 0,
    timings:
      timings === null ? null : JSON.stringify({ ...timings, reused_connection: attempt.reused_connection }),
    request_method: request?.method ?? null,
    request_url: request?.url ?? null,
    request_headers: request === null ? null : JSON.stringify(request.headers),
    request_body: request?.body ?? null,
    response_status: response?.status ?? null,
    response_headers: response === null ? null : JSON.stringify(response.headers),
    response_body: response?.body ?? null,
    response_truncated: response?.body_truncated === true ? 1 : 0,
  };
};

const settled = (step: DeliveryStep, disabled: DisabledReason | null): SettleResult => ({
  kind: 'settled',
  status: step.status,
  next_attempt_at: step.next_attempt_at,
  disabled,
});

/** The verb's statements, prepared on one connection. */
export const createSettle = (
  connection: { readonly db: Kysely<Schema>; readonly raw: Database },
  cache: HookCache,
): Settle => {
  const { db, raw } = connection;
  const insertAttempt = prepare<AttemptRow>(raw, (param) =>
    db.insertInto('bellwire_attempts').values(columns(param, ATTEMPT_COLUMNS)),
  );
  // Only the holder of the latest lease writes: a stale token changes no row.
  const updateDelivery = prepare<DeliveryUpdate>(raw, (param) =>
    db
      .updateTable('bellwire_deliveries')
      .set({
        status: param('status'),
        attempts: param('attempts'),
        failures: param('failures'),
        next_attempt_at: param('next_attempt_at'),
        failure_reason: param('failure_reason'),
        updated_at: param('updated_at'),
        lease_until: null,
        resume_status: null,
        resume_at: null,
      })
      .where('workspace_id', '=', param('workspace_id'))
      .where('id', '=', param('id'))
      .where('status', '=', sql.lit('sending'))
      .where('lease_token', '=', param('lease_token')),
  );
  const updateHook = prepare<
    Pick<SendableHook, 'id' | 'status' | 'disabled_reason' | 'consecutive_failures' | 'failing_since'>
  >(raw, (param) =>
    db
      .updateTable('bellwire_hooks')
      .set({
        status: param('status'),
        disabled_reason: param('disabled_reason'),
        consecutive_failures: param('consecutive_failures'),
        failing_since: param('failing_since'),
      })
      .where('id', '=', param('id')),
  );
  const holdPending = prepare<{ hook_id: string; updated_at: number }>(raw, (param) =>
    db
      .updateTable('bellwire_deliveries')
      .set({ status: 'held', next_attempt_at: null, updated_at: param('updated_at') })
      .where('hook_id', '=', param('hook_id'))
      .where('status', '=', sql.lit('pending')),
  );

  const applyToHook = (hook: SendableHook, step: HookStep, now: number): DisabledReason | null => {
    if (step.kind === 'succeeded') {
      if (hook.consecutive_failures === 0) return null;
      const healthy = { ...hook, consecutive_failures: 0, failing_since: null };
      updateHook.run(healthy);
      cache.update(healthy);
      return null;
    }
    const failing: SendableHook = {
      ...hook,
      consecutive_failures: hook.consecutive_failures + 1,
      failing_since: hook.failing_since ?? now,
      status: step.disable === null ? hook.status : 'disabled',
      disabled_reason: step.disable ?? hook.disabled_reason,
    };
    updateHook.run(failing);
    cache.update(failing);
    if (step.disable !== null) holdPending.run({ hook_id: hook.id, updated_at: now });
    return step.disable;
  };

  const writeStep = (settlement: Settlement, step: DeliveryStep, now: number): boolean => {
    const { delivery, lease_token } = settlement;
    const changed = updateDelivery.run({
      workspace_id: delivery.workspace_id,
      id: delivery.id,
      lease_token,
      attempts: delivery.attempts + (settlement.kind === 'attempted' ? 1 : 0),
      updated_at: now,
      ...step,
    });
    return changed === 1;
  };

  const settleAttempt = (settlement: Attempted, hook: SendableHook | null, now: number): SettleResult => {
    const { delivery, attempt, policy, retry_after_ms, roll } = settlement;
    const { outcome } = attempt;
    const step = nextStep({ delivery, hook, outcome, policy, retry_after_ms, roll, now });
    if (!writeStep(settlement, step.delivery, now)) return { kind: 'stale' };
    insertAttempt.run(toAttemptRow(settlement));
    const disabled = hook === null || step.hook === null ? null : applyToHook(hook, step.hook, now);
    return settled(step.delivery, disabled);
  };

  return (settlement, now) => {
    const hook = cache.byId(settlement.delivery.hook_id) ?? null;
    if (settlement.kind === 'attempted') return settleAttempt(settlement, hook, now);
    const step =
      settlement.kind === 'unrenderable'
        ? stepOfUnrenderable(settlement.delivery)
        : stepOfReturned(settlement.delivery, hook, now);
    return writeStep(settlement, step, now) ? settled(step, null) : { kind: 'stale' };
  };
};
