import { LRUCache } from 'lru-cache';
import { atMost } from '../../core/at-most.ts';
import { sql } from 'kysely';
import type { Session } from './session.ts';

/** Tenants per claim. The next claim of the hook continues from there. */
const STEPS = 64;
/** Hooks of which the last tenant is remembered. */
const REMEMBERED_MAX = 10_000;

interface VisitedTenant {
  readonly tenant: string;
  readonly is_due: boolean;
}

interface Query {
  readonly hook_id: string;
  readonly now: number;
}

const table = sql.table('bellwire_deliveries');

/** Skips from tenant to tenant in the index: one with a backlog of a million costs one step. */
const selectTenants = ({ hook_id, now, after }: Query & { readonly after: string }) =>
  sql<VisitedTenant>`
    with recursive waiting(tenant, step) as (
      (select min(tenant), 1 from ${table}
        where hook_id = ${hook_id} and status = 'pending' and tenant > ${after})
      union all
      select (select min(d.tenant) from ${table} d
        where d.hook_id = ${hook_id} and d.status = 'pending' and d.tenant > w.tenant), w.step + 1
      from waiting w where w.tenant is not null and w.step < ${STEPS})
    select w.tenant, exists (select 1 from ${table} d where d.hook_id = ${hook_id}
      and d.status = 'pending' and d.tenant = w.tenant and d.next_attempt_at <= ${now}) as is_due
    from waiting w where w.tenant is not null order by w.step`;

/** Finds the tenants of a hook in turn, so that the backlog of one does not hide the due deliveries of the others. */
export class TenantTurns {
  readonly #served = new LRUCache<string, string>(atMost(REMEMBERED_MAX));

  /** The next tenants with due deliveries of a hook that serves every tenant, at most `max`. */
  async next(
    session: Session,
    { max, ...query }: Query & { readonly max: number },
  ): Promise<readonly string[]> {
    const after = this.#served.get(query.hook_id) ?? '';
    const visited = await this.#select(session, { ...query, after });
    // The end is reached: begins again, up to where this walk began.
    if (visited.length < STEPS && after !== '') {
      const again = await this.#select(session, { ...query, after: '' });
      visited.push(...again.slice(0, STEPS - visited.length).filter(({ tenant }) => tenant <= after));
    }
    const due: string[] = [];
    let last = after;
    for (const { tenant, is_due } of visited) {
      if (due.length === max) break;
      last = tenant;
      if (is_due) due.push(tenant);
    }
    this.#served.set(query.hook_id, last);
    return due;
  }

  #select(session: Session, query: Query & { readonly after: string }): Promise<VisitedTenant[]> {
    return session.all(selectTenants(query));
  }
}
