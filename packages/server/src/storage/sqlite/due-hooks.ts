import { sql } from 'kysely';
import { type Breaker, type BreakerState, isProbeDue } from '../../core/breaker.ts';
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
  readonly state: BreakerState | null;
  readonly probe_at: number | null;
}

const mayClaim = (breaker: Pick<Breaker, 'state' | 'probe_at'>, now: number): boolean =>
  breaker.state === 'closed' || isProbeDue(breaker, now);

/** Finds the active hooks with due deliveries among the next hooks with pending ones. */
export const createDueHooks = (connection: SqliteConnection): ((query: Query) => DueHooks) => {
  const { db, raw } = connection;
  const select = prepare<{ now: number; after: string; limit: number }, VisitedHook>(raw, (param) =>
    waitingHooks(db, { after: param('after'), limit: param('limit') })
      .leftJoin('bellwire_throttles', 'bellwire_throttles.hook_id', 'waiting.hook_id')
      .select([
        'bellwire_throttles.state',
        'bellwire_throttles.probe_at',
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
        .filter(({ state, probe_at }) => state === null || mayClaim({ state, probe_at }, now))
        .map(({ hook_id, workspace_id, tenant }) => ({ hook_id, workspace_id, tenant })),
      next: visited.length < limit ? null : (visited.at(-1)?.hook_id ?? null),
    };
  };
};
