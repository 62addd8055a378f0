import { LRUCache } from 'lru-cache';
import { atMost } from '../../core/at-most.ts';
import { sql } from 'kysely';
import { prepare, type SqliteConnection } from './prepared.ts';

/** Tenants per claim: about half a millisecond. The next claim of the hook continues from there. */
const STEPS = 64;
/** Hooks of which the last tenant is remembered. */
const REMEMBERED_MAX = 10_000;

interface Query {
  readonly hook_id: string;
  readonly after: string;
  readonly now: number;
}

interface VisitedTenant {
  readonly tenant: string | null;
  readonly is_due: number;
}

/** The next tenants with due deliveries of a hook that serves every tenant, at most `max`. */
export type TenantTurns = (
  query: Pick<Query, 'hook_id' | 'now'> & { readonly max: number },
) => readonly string[];

const createSelect = ({ db, raw }: SqliteConnection) =>
  prepare<Query, VisitedTenant>(raw, (param) =>
    db
      // Skips from tenant to tenant in the index: one with a backlog of a million costs one step.
      .withRecursive('waiting(tenant, step)', (cte) =>
        cte
          .selectFrom('bellwire_deliveries')
          .select(({ fn }) => [fn.min('tenant').as('tenant'), sql<number>`1`.as('step')])
          .where('hook_id', '=', param('hook_id'))
          .where('status', '=', sql.lit('pending'))
          .where('tenant', '>', param('after'))
          .unionAll(
            cte
              .selectFrom('waiting')
              .select(({ selectFrom, eb }) => [
                selectFrom('bellwire_deliveries')
                  .select(({ fn }) => fn.min('tenant').as('tenant'))
                  .where('hook_id', '=', param('hook_id'))
                  .where('status', '=', sql.lit('pending'))
                  .whereRef('tenant', '>', 'waiting.tenant')
                  .as('tenant'),
                eb('waiting.step', '+', 1).as('step'),
              ])
              .where('waiting.tenant', 'is not', null)
              .where('waiting.step', '<', STEPS),
          ),
      )
      .selectFrom('waiting')
      .select(({ exists, selectFrom }) => [
        'waiting.tenant',
        exists(
          selectFrom('bellwire_deliveries')
            .select(sql.lit(1).as('one'))
            .where('hook_id', '=', param('hook_id'))
            .where('status', '=', sql.lit('pending'))
            .whereRef('bellwire_deliveries.tenant', '=', 'waiting.tenant')
            .where('next_attempt_at', '<=', param('now')),
        )
          .$castTo<number>()
          .as('is_due'),
      ])
      .where('waiting.tenant', 'is not', null)
      .orderBy('waiting.step'),
  );

/** Finds the tenants of a hook in turn, so that the backlog of one does not hide the due deliveries of the others. */
export const createTenantTurns = (connection: SqliteConnection): TenantTurns => {
  const select = createSelect(connection);
  const served = new LRUCache<string, string>(atMost(REMEMBERED_MAX));

  return ({ hook_id, now, max }) => {
    const after = served.get(hook_id) ?? '';
    const visited = select.all({ hook_id, now, after });
    // The end is reached: begins again, up to where this walk began.
    if (visited.length < STEPS && after !== '') {
      const again = select.all({ hook_id, now, after: '' });
      visited.push(...again.slice(0, STEPS - visited.length).filter(({ tenant }) => (tenant ?? '') <= after));
    }
    const due: string[] = [];
    let last = after;
    for (const { tenant, is_due } of visited) {
      if (tenant === null || due.length === max) break;
      last = tenant;
      if (is_due === 1) due.push(tenant);
    }
    served.set(hook_id, last);
    return due;
  };
};
