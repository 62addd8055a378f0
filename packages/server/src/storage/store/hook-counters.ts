import type { LastOutcome } from '../../core/error-text.ts';
import type { FailedHook } from '../../core/hook-health.ts';
import type { DisabledReason } from '../../core/hook.ts';
import type { Batch } from './batch.ts';
import type { IndexedHook } from './indexed-hook.ts';
import type { IdFactory } from '../../core/ids.ts';
import type { Schema } from '../schema.ts';
import type { Command, Query } from './statement.ts';

/** Statements that change the health of a hook. */
export interface HookCounterStatements {
  readonly insertAudit: Command<Schema['bellwire_audit']>;
  readonly countFailure: Query<LastOutcome & { readonly id: string; readonly now: number }, FailedHook>;
  readonly reset: Command<{ readonly id: string }>;
  /** Changes no row if the hook is not active. */
  readonly disable: Command<{ readonly id: string; readonly disabled_reason: DisabledReason }>;
}

/** Updates the health of hooks with SQL arithmetic, so that several nodes can count concurrently. */
export interface HookCounters {
  readonly countFailure: (hook: IndexedHook, failure: LastOutcome, batch: Batch) => FailedHook;
  /** Free if no failure is counted. */
  readonly resetFailures: (hook: IndexedHook, batch: Batch) => void;
  /** Disables an active hook, with an audit entry, and holds its first waiting deliveries; `stopDeliveries` holds the rest. */
  readonly disable: (hook: IndexedHook, reason: DisabledReason, batch: Batch) => void;
}

/** Holds or cancels waiting deliveries of one hook that is marked as stopping, and returns their number. */
export type StopSlice = (hook_id: string, slice: { readonly now: number; readonly limit: number }) => number;

/** Waiting deliveries that one transaction holds for the hooks that it disables: per hook, and in total. */
const HELD_PER_HOOK = 200;
const HELD_MAX = 500;

/** Writes the audit entry of a hook that Bellwire disables. */
const createAuditWriter =
  ({ insertAudit }: HookCounterStatements, ids: IdFactory) =>
  ({ id: subject, workspace_id, tenant }: IndexedHook, disabled_reason: DisabledReason, at: number) =>
    insertAudit.run({
      id: ids('aud'),
      workspace_id,
      at,
      by: 'bellwire',
      action: 'hook.disabled',
      subject,
      tenant,
      changes: JSON.stringify({
        before: { status: 'active', disabled_reason: null },
        after: { status: 'disabled', disabled_reason },
      }),
    });

/** Hook counters over the statements of one transaction, or of one connection. */
export const createHookCounters = (
  statements: HookCounterStatements,
  { stopSlice, ids }: { readonly stopSlice: StopSlice; readonly ids: IdFactory },
): HookCounters => {
  const { countFailure, reset, disable } = statements;
  const writeAudit = createAuditWriter(statements, ids);

  return {
    countFailure: (hook, failure, batch) => {
      const failed = countFailure.get({ id: hook.id, now: batch.now, ...failure });
      if (failed === undefined) throw new Error(`the hook ${hook.id} has no row`);
      if (!hook.is_failing) batch.changeHook({ ...hook, is_failing: true });
      return failed;
    },
    resetFailures: (hook, batch) => {
      if (!hook.is_failing) return;
      reset.run({ id: hook.id });
      batch.changeHook({ ...hook, is_failing: false });
    },
    disable: (hook, disabled_reason, batch) => {
      const changed = disable.run({ id: hook.id, disabled_reason });
      if (changed > 0) writeAudit(hook, disabled_reason, batch.now);
      batch.changeHook({ ...hook, is_failing: true, status: 'disabled' });
      const limit = Math.min(HELD_PER_HOOK, HELD_MAX - batch.held);
      if (limit > 0) batch.held += stopSlice(hook.id, { now: batch.now, limit });
    },
  };
};
