import { sql } from 'kysely';
import type { DueHook, StopResult } from '../../ports/store.ts';
import { stoppedColumns } from '../stopped-columns.ts';
import type { StopSlice } from '../store/hook-counters.ts';
import { STOP_TARGETS, type Stopping, type StopTarget } from '../store/stop-targets.ts';
import { prepare, type SqliteConnection } from './prepared.ts';

interface Slice {
  readonly now: number;
  readonly limit: number;
}

interface Stop extends Slice, StopTarget {
  readonly hook_id: string;
}

const createStatements = ({ db, raw }: SqliteConnection) => {
  const stopFrom = (status: 'pending' | 'held') =>
    prepare<Stop>(raw, (param) =>
      db
        .updateTable('bellwire_deliveries')
        .set({
          ...stoppedColumns(param('to'), param('failure_reason')),
          updated_at: param('now'),
        })
        .where(({ eb, refTuple, selectFrom }) =>
          eb(
            refTuple('workspace_id', 'id'),
            'in',
            selectFrom('bellwire_deliveries as waiting')
              .select(['waiting.workspace_id', 'waiting.id'])
              .where('waiting.hook_id', '=', param('hook_id'))
              .where('waiting.status', '=', sql.lit(status))
              .limit(param('limit'))
              .$asTuple('workspace_id', 'id'),
          ),
        ),
    );
  return {
    stopPending: stopFrom('pending'),
    stopHeld: stopFrom('held'),
    selectStopping: prepare<{ id: string }, { stopping: Stopping | null }>(raw, (param) =>
      db.selectFrom('bellwire_hooks').select('stopping').where('id', '=', param('id')),
    ),
    selectNext: prepare<object, DueHook>(raw, () =>
      db
        .selectFrom('bellwire_hooks')
        .select(['id as hook_id', 'workspace_id'])
        .where('stopping', 'is not', null)
        .orderBy('id')
        .limit(1),
    ),
    markStopped: prepare<{ id: string }>(raw, (param) =>
      db.updateTable('bellwire_hooks').set({ stopping: null }).where('id', '=', param('id')),
    ),
  };
};

/**
 * Holds or cancels the waiting deliveries of deactivated and deleted hooks in slices, since a hook can have a million of
 * them. Meanwhile none is sent, because only deliveries of active hooks are claimed.
 */
export const createStopDeliveries = (
  connection: SqliteConnection,
): { readonly stopSlice: StopSlice; readonly stopNext: (slice: Slice) => StopResult } => {
  const statements = createStatements(connection);

  const stopSlice: StopSlice = (hook_id, { now, limit }) => {
    const stopping = statements.selectStopping.get({ id: hook_id })?.stopping ?? null;
    if (stopping === null) return 0;
    const { to, failure_reason } = STOP_TARGETS[stopping];
    const stop = { to, failure_reason, now, hook_id, limit };
    let stopped = statements.stopPending.run(stop);
    if (to === 'canceled' && stopped < limit) {
      stopped += statements.stopHeld.run({ ...stop, limit: limit - stopped });
    }
    if (stopped < limit) statements.markStopped.run({ id: hook_id });
    return stopped;
  };

  return {
    stopSlice,
    stopNext: (slice) => {
      const hooks: DueHook[] = [];
      let stopped = 0;
      while (stopped < slice.limit) {
        const next = statements.selectNext.get({});
        if (next === undefined) break;
        // A hook without waiting deliveries counts as one, because there can be many such hooks.
        stopped += Math.max(1, stopSlice(next.hook_id, { now: slice.now, limit: slice.limit - stopped }));
        hooks.push(next);
      }
      return { stopped, hooks };
    },
  };
};
