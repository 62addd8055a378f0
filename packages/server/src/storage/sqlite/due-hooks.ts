import { sql } from 'kysely';
import type { HookStatus } from '../../core/hook.ts';
import type { DueHooks, Store } from '../../ports/store.ts';
import { waitingHooks } from '../waiting-hooks.ts';
import { prepare, type SqliteConnection } from './prepared.ts';

type Query = Parameters<Store['dueHooks']>[0];

interface VisitedHook {
  readonly hook_id: string;
  readonly workspace_id: string;
  readonly tenant: string | null;
  readonly status: HookStatus;
  readonly is_due: number;
}

/** Finds the active hooks with due deliveries among the next hooks with pending ones. */
export const createDueHooks = (connection: SqliteConnection): ((query: Query) => DueHooks) => {
  const { db, raw } = connection;
  const select = prepare<{ now: number; after: string; limit: number }, VisitedHook>(raw, (param) =>
    waitingHooks(db, { after: param('after'), limit: param('limit') })
      .select([
        'bellwire_hooks.id as hook_id',
        'bellwire_hooks.workspace_id',
        'bellwire_hooks.tenant',
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
        .map(({ hook_id, workspace_id, tenant }) => ({ hook_id, workspace_id, tenant })),
      next: visited.length < limit ? null : (visited.at(-1)?.hook_id ?? null),
    };
  };
};
