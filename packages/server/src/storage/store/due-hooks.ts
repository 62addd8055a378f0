import { type Compilable, type Kysely, sql } from 'kysely';
import { type Breaker, type BreakerState, isProbeDue } from '../../core/breaker.ts';
import type { HookStatus } from '../../core/hook.ts';
import type { DueHooks } from '../../ports/store.ts';
import type { Schema } from '../schema.ts';
import { waitingHooks } from '../waiting-hooks.ts';

/** A hook with pending deliveries. */
export interface VisitedHook {
  readonly hook_id: string;
  readonly workspace_id: string;
  readonly tenant: string | null;
  readonly status: HookStatus;
  /** 1 and 0 on SQLite. */
  readonly is_due: number | boolean;
  readonly state: BreakerState | null;
  readonly probe_at: number | null;
}

const mayClaim = (breaker: Pick<Breaker, 'state' | 'probe_at'>, now: number): boolean =>
  breaker.state === 'closed' || isProbeDue(breaker, now);

/** The next hooks with pending deliveries. */
export const visitedHooks = (
  db: Kysely<Schema>,
  { now, after, limit }: { readonly now: number; readonly after: string; readonly limit: number },
): Compilable<VisitedHook> =>
  waitingHooks(db, { after: after, limit: limit })
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
            .where('next_attempt_at', '<=', now),
        )
          .$castTo<number | boolean>()
          .as('is_due'),
    ])
    .orderBy('waiting.step');

/** The active hooks with due deliveries, among those that were visited. */
export const toDueHooks = (
  visited: readonly VisitedHook[],
  { now, limit }: { readonly now: number; readonly limit: number },
): DueHooks => ({
  hooks: visited
    .filter(({ status, is_due }) => status === 'active' && Boolean(is_due))
    .filter(({ state, probe_at }) => state === null || mayClaim({ state, probe_at }, now))
    .map(({ hook_id, workspace_id, tenant }) => ({ hook_id, workspace_id, tenant })),
  next: visited.length < limit ? null : (visited.at(-1)?.hook_id ?? null),
});
