import { sql } from 'kysely';
import type { HookStatus } from '../../core/hook.ts';
import type { DueHooks, Store } from '../../ports/store.ts';
import { prepare, type SqliteConnection } from './prepared.ts';

type Query = Parameters<Store['dueHooks']>[0];

interface VisitedHook {
  readonly hook_id: string;
  readonly workspace_id: string;
  readonly status: HookStatus;
  readonly is_due: number;
}

/**
 * Finds hooks with due deliveries. Skips from hook to hook in the index of pending deliveries, for at most `limit` hooks:
 * a hook with a backlog of a million costs one step, and so does one whose retries are due later.
 */
export const createDueHooks = (connection: SqliteConnection): ((query: Query) => DueHooks) => {
  const { db, raw } = connection;
  const select = prepare<{ now: number; after: string; limit: number }, VisitedHook>(raw, (param) =>
    db
      .withRecursive('waiting(hook_id, step)', (cte) =>
        cte
          .selectFrom('bellwire_deliveries')
          .select(({ fn }) => [fn.min('hook_id').as('hook_id'), sql<number>`1`.as('step')])
          .where('status', '=', sql.lit('pending'))
          .where('hook_id', '>', param('after'))
          .unionAll(
            cte
              .selectFrom('waiting')
              .select(({ selectFrom, eb }) => [
                selectFrom('bellwire_deliveries')
                  .select(({ fn }) => fn.min('hook_id').as('hook_id'))
                  .where('status', '=', sql.lit('pending'))
                  .whereRef('hook_id', '>', 'waiting.hook_id')
                  .as('hook_id'),
                eb('waiting.step', '+', 1).as('step'),
              ])
              .where('waiting.hook_id', 'is not', null)
              .where('waiting.step', '<', param('limit')),
          ),
      )
      .selectFrom('waiting')
      .innerJoin('bellwire_hooks', 'bellwire_hooks.id', 'waiting.hook_id')
      .select([
        'bellwire_hooks.id as hook_id',
        'bellwire_hooks.workspace_id',
        'bellwire_hooks.status',
        ({ exists, selectFrom }) =>
          exists(
            selectFrom('bellwire_deliveries')
              .select(sql.lit(1).as('one'))
              .where('status', '=', sql.lit('pending'))
              .whereRef('bellwire_deliveries.hook_id', '=', 'waiting.hook_id')
              .where('next_attempt_at', '<=', param('now')),
          )
            .$castTo<number>()
            .as('is_due'),
      ])
      .orderBy('waiting.step'),
  );
  return ({ now, after, limit }) => {
    const visited = select.all({ now, after: after ?? '', limit });
    return {
      hooks: visited
        .filter(({ status, is_due }) => status === 'active' && is_due === 1)
        .map(({ hook_id, workspace_id }) => ({ hook_id, workspace_id })),
      next: visited.length < limit ? null : (visited.at(-1)?.hook_id ?? null),
    };
  };
};
