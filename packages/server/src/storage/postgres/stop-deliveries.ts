import { type Kysely, sql } from 'kysely';
import type { DueHook, StopResult } from '../../ports/store.ts';
import { stoppedColumns } from '../stopped-columns.ts';
import { STOP_TARGETS } from '../store/stop-targets.ts';
import type { Schema } from '../schema.ts';
import type { Session } from './session.ts';

interface Slice {
  readonly now: number;
  readonly limit: number;
}

const stopFrom = (
  session: Session,
  status: 'pending' | 'held',
  {
    hook_id,
    to,
    reason,
    now,
    limit,
  }: Slice & {
    readonly hook_id: string;
    readonly to: 'held' | 'canceled';
    readonly reason: 'hook_deleted' | 'erased' | null;
  },
): Promise<number> =>
  session.run(
    session.db
      .updateTable('bellwire_deliveries')
      .set({ ...stoppedColumns(to, reason), updated_at: now })
      .where(({ eb, refTuple, selectFrom }) =>
        eb(
          refTuple('workspace_id', 'id'),
          'in',
          selectFrom('bellwire_deliveries as waiting')
            .select(['waiting.workspace_id', 'waiting.id'])
            .where('waiting.hook_id', '=', hook_id)
            .where('waiting.status', '=', sql.lit(status))
            .limit(limit)
            .forUpdate()
            .$asTuple('workspace_id', 'id'),
        ),
      ),
  );

/** Holds or cancels waiting deliveries of one hook that is marked as stopping, and returns their number. */
export const stopSlice = async (
  session: Session,
  hook_id: string,
  { now, limit }: Slice,
): Promise<number> => {
  const hook = await session.get(
    session.db.selectFrom('bellwire_hooks').select('stopping').where('id', '=', hook_id).forNoKeyUpdate(),
  );
  const stopping = hook?.stopping ?? null;
  if (stopping === null) return 0;
  const { to, failure_reason: reason } = STOP_TARGETS[stopping];
  let stopped = await stopFrom(session, 'pending', { hook_id, to, reason, now, limit });
  if (to === 'canceled' && stopped < limit) {
    stopped += await stopFrom(session, 'held', { hook_id, to, reason, now, limit: limit - stopped });
  }
  if (stopped < limit) {
    await session.run(
      session.db.updateTable('bellwire_hooks').set({ stopping: null }).where('id', '=', hook_id),
    );
  }
  return stopped;
};

/** Stops deliveries of the next hooks that are marked as stopping. */
export const stopNext = async (session: Session, slice: Slice): Promise<StopResult> => {
  const hooks: DueHook[] = [];
  let stopped = 0;
  while (stopped < slice.limit) {
    const next = await session.get(
      session.db
        .selectFrom('bellwire_hooks')
        .select(['id as hook_id', 'workspace_id'])
        .where('stopping', 'is not', null)
        .orderBy('id')
        .limit(1)
        .forNoKeyUpdate()
        .skipLocked(),
    );
    if (next === undefined) break;
    // A hook without waiting deliveries counts as one, because there can be many such hooks.
    stopped += Math.max(
      1,
      await stopSlice(session, next.hook_id, { now: slice.now, limit: slice.limit - stopped }),
    );
    hooks.push(next);
  }
  return { stopped, hooks };
};

/**
 * Marks those hooks as stopping that are not active, although they have pending deliveries: a node that did not know yet that they
 * were switched off has stored them.
 */
export const stopAgain = async (db: Kysely<Schema>, hook_ids: readonly string[]): Promise<void> => {
  if (hook_ids.length === 0) return;
  await db
    .updateTable('bellwire_hooks')
    .set({ stopping: sql`case when deleted_at is null then 'held' else 'canceled' end` })
    .where('id', '=', sql<string>`any(${hook_ids}::text[])`)
    .where(({ eb, or }) => or([eb('status', '!=', 'active'), eb('deleted_at', 'is not', null)]))
    .where('stopping', 'is', null)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('bellwire_deliveries as waiting')
          .select(sql.lit(1).as('one'))
          .whereRef('waiting.hook_id', '=', 'bellwire_hooks.id')
          .where('waiting.status', '=', sql.lit('pending')),
      ),
    )
    .execute();
};
