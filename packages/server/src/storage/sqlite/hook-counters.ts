import { sql } from 'kysely';
import type { LastOutcome } from '../../core/error-text.ts';
import type { FailedHook } from '../../core/hook-health.ts';
import type { DisabledReason } from '../../core/hook.ts';
import type { Batch } from './batch.ts';
import type { IndexedHook } from './hook-reader.ts';
import type { IdFactory } from '../../core/ids.ts';
import type { Schema } from '../schema.ts';
import { columns, prepare, type SqliteConnection } from './prepared.ts';
import type { StopSlice } from './stop-deliveries.ts';

/** Updates the health of hooks with SQL arithmetic, so that several nodes can count concurrently. */
export interface HookCounters {
  readonly countFailure: (hook: IndexedHook, failure: LastOutcome, batch: Batch) => FailedHook;
  /** Free if no failure is counted. */
  readonly resetFailures: (hook: IndexedHook, batch: Batch) => void;
  /** Disables an active hook, with an audit entry, and holds its first waiting deliveries; `stopDeliveries` holds the rest. */
  readonly disable: (hook: IndexedHook, reason: DisabledReason, batch: Batch) => void;
}

/** Waiting deliveries that one transaction holds for the hooks that it disables: per hook, and in total. */
const HELD_PER_HOOK = 200;
const HELD_MAX = 500;

const AUDIT_COLUMNS = ['id', 'workspace_id', 'at', 'by', 'action', 'subject', 'tenant', 'changes'] as const;

/** Writes the audit entry of a hook that Bellwire disables. */
const createAuditWriter = ({ db, raw }: SqliteConnection, ids: IdFactory) => {
  const insert = prepare<Schema['bellwire_audit']>(raw, (param) =>
    db.insertInto('bellwire_audit').values(columns(param, AUDIT_COLUMNS)),
  );
  return ({ id: subject, workspace_id, tenant }: IndexedHook, disabled_reason: DisabledReason, at: number) =>
    insert.run({
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
};

/** Hook counters with their statements prepared on one connection. */
export const createHookCounters = (
  connection: SqliteConnection,
  { stopSlice, ids }: { readonly stopSlice: StopSlice; readonly ids: IdFactory },
): HookCounters => {
  const { db, raw } = connection;
  const writeAudit = createAuditWriter(connection, ids);
  const countFailure = prepare<LastOutcome & { id: string; now: number }, FailedHook>(raw, (param) =>
    db
      .updateTable('bellwire_hooks')
      .set(({ eb, fn, ref }) => ({
        consecutive_failures: eb('consecutive_failures', '+', 1),
        failing_since: fn.coalesce(ref('failing_since'), sql<number>`${param('now')}`),
        last_failure_at: param('now'),
        last_outcome: param('last_outcome'),
        last_detail: param('last_detail'),
        last_status: param('last_status'),
      }))
      .where('id', '=', param('id'))
      .returning(['status', 'consecutive_failures', 'failing_since'])
      .$castTo<FailedHook>(),
  );
  const reset = prepare<{ id: string }>(raw, (param) =>
    db
      .updateTable('bellwire_hooks')
      .set({ consecutive_failures: 0, failing_since: null })
      .where('id', '=', param('id')),
  );
  const disable = prepare<{ id: string; disabled_reason: DisabledReason }>(raw, (param) =>
    db
      .updateTable('bellwire_hooks')
      .set({ status: 'disabled', disabled_reason: param('disabled_reason'), stopping: 'held' })
      .where('id', '=', param('id'))
      .where('status', '=', sql.lit('active')),
  );

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
