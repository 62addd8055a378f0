import { type RawBuilder, sql } from 'kysely';
import type { VisitedHook } from '../store/due-hooks.ts';
import type { KnownHook } from './watermarks.ts';

const deliveries = sql.table('bellwire_deliveries');

// Ids are letters, digits and underscores. A condition that is an "or" would not end the scan of the index.
const AFTER_ALL = sql.lit('~');

/**
 * The first pending delivery of the next hook is the one that is due first: one step finds both. The next hook of which
 * is known how far it is claimed is a step of its own, which begins there.
 */
const nextHook = (after: RawBuilder<unknown>) => sql`
  select n.* from (values (1)) as one
    left join lateral (select id, since from known where id > ${after} order by id limit 1) k on true
    cross join lateral (
      (select d.hook_id, d.next_attempt_at from ${deliveries} d where d.status = 'pending' and d.hook_id > ${after}
        and d.hook_id < coalesce(k.id, ${AFTER_ALL}) order by d.hook_id, d.next_attempt_at limit 1)
      union all
      (select k.id, (select d.next_attempt_at from ${deliveries} d where d.status = 'pending' and d.hook_id = k.id
        and d.next_attempt_at >= k.since order by d.next_attempt_at limit 1) where k.id is not null)
      limit 1) n`;

/**
 * The next hooks with pending deliveries, of all workspaces, and the known ones among them even without. Skips from hook
 * to hook in the index of pending deliveries: a hook with a backlog of a million costs one step.
 */
export const visitedHooks = (
  known: readonly KnownHook[],
  { now, after, limit }: { readonly now: number; readonly after: string; readonly limit: number },
) =>
  sql<VisitedHook>`
    with recursive known as materialized (select id collate "C" as id, since
        from unnest(${known.map(({ id }) => id)}::text[], ${known.map(({ since }) => since)}::bigint[]) as k(id, since)),
      waiting(hook_id, due_at, step) as (
        (select n.hook_id, n.next_attempt_at, 1 from (${nextHook(sql`${after}`)}) n)
        union all
        select n.hook_id, n.next_attempt_at, w.step + 1
        from waiting w cross join lateral (${nextHook(sql`w.hook_id`)}) n where w.step < ${limit})
    select h.id as hook_id, h.workspace_id, h.tenant, h.status, coalesce(w.due_at <= ${now}, false) as is_due,
      t.state, t.probe_at
    from waiting w join ${sql.table('bellwire_hooks')} h on h.id = w.hook_id
      left join ${sql.table('bellwire_throttles')} t on t.hook_id = w.hook_id
    order by w.step`;
