import { type Kysely, sql } from 'kysely';
import type { Backlog, StatsOf } from '../../ports/stats.ts';
import type { Schema } from '../schema.ts';
import { waitingHooks } from '../waiting-hooks.ts';
import { readNextAttempts } from './next-attempts.ts';

const HOOKS_MAX = 2_000;
const DELIVERIES_MAX = 10_000;

interface Hooks {
  readonly ids: readonly string[];
  readonly has_more: boolean;
}

const hooksOf = async (db: Kysely<Schema>, of: StatsOf): Promise<Hooks> => {
  const { workspace_id } = of;
  if (of.kind === 'hook') return { ids: [of.hook_id], has_more: false };
  const rows =
    of.kind === 'tenant'
      ? await db
          .selectFrom('bellwire_hooks')
          .select(['id', 'workspace_id'])
          .where('workspace_id', '=', workspace_id)
          .where('tenant', '=', of.tenant)
          .where('deleted_at', 'is', null)
          .orderBy('id')
          .limit(HOOKS_MAX + 1)
          .execute()
      : await waitingHooks(db, { after: '', limit: HOOKS_MAX + 1 })
          .select(['bellwire_hooks.id', 'bellwire_hooks.workspace_id'])
          .execute();
  return {
    ids: rows
      .slice(0, HOOKS_MAX)
      .filter((row) => row.workspace_id === workspace_id)
      .map(({ id }) => id),
    has_more: rows.length > HOOKS_MAX,
  };
};

const countDue = async (db: Kysely<Schema>, hook_ids: readonly string[], now: number): Promise<number> => {
  const { due } = await db
    .selectFrom(
      db
        .selectFrom('bellwire_deliveries')
        .select(sql.lit(1).as('one'))
        .where('hook_id', 'in', hook_ids)
        .where('status', '=', sql.lit('pending'))
        .where('next_attempt_at', '<=', now)
        .limit(DELIVERIES_MAX + 1)
        .as('waiting'),
    )
    .select(({ fn }) => fn.countAll<number>().as('due'))
    .executeTakeFirstOrThrow();
  return due;
};

/** The backlog of a hook, a tenant or a workspace, from the index of due deliveries. */
export const readBacklog = async (db: Kysely<Schema>, of: StatsOf, now: number): Promise<Backlog> => {
  const { ids, has_more } = await hooksOf(db, of);
  const next_attempts = await readNextAttempts(db, ids);
  const due_at = new Map([...next_attempts].filter(([, at]) => at !== null && at <= now));
  const times = [...due_at.values()].filter((at) => at !== null);
  if (times.length === 0) return { due: 0, oldest_due_at: null, is_exact: !has_more };
  const due = await countDue(db, [...due_at.keys()], now);
  return {
    due: Math.min(due, DELIVERIES_MAX),
    oldest_due_at: Math.min(...times),
    is_exact: !has_more && due <= DELIVERIES_MAX,
  };
};
