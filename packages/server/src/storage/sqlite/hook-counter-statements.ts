import { sql } from 'kysely';
import type { LastOutcome } from '../../core/error-text.ts';
import type { FailedHook } from '../../core/hook-health.ts';
import type { DisabledReason } from '../../core/hook.ts';
import type { Schema } from '../schema.ts';
import type { HookCounterStatements } from '../store/hook-counters.ts';
import { columns, prepare, type SqliteConnection } from './prepared.ts';

const AUDIT_COLUMNS = ['id', 'workspace_id', 'at', 'by', 'action', 'subject', 'tenant', 'changes'] as const;

/** The statements of hook counters, prepared on one connection. */
export const createHookCounterStatements = ({ db, raw }: SqliteConnection): HookCounterStatements => {
  const insertAudit = prepare<Schema['bellwire_audit']>(raw, (param) =>
    db.insertInto('bellwire_audit').values(columns(param, AUDIT_COLUMNS)),
  );
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
  return { insertAudit, countFailure, reset, disable };
};
