import { type Kysely, sql, type Transaction, type Updateable } from 'kysely';
import type { HookChange, ListedHook, NewHook, Repositories } from '../../ports/repositories.ts';
import type { Caches } from '../caches.ts';
import type { Cipher } from '../cipher.ts';
import { sealHeaders, toHeaders, toHook, type HookRow } from '../rows/hook-row.ts';
import type { Schema } from '../schema.ts';
import { rowsToFetch, toPage } from './page.ts';

const toRow = (hook: NewHook, cipher: Cipher) => {
  const { headers, secret: _, ...rest } = hook;
  return {
    ...rest,
    events: JSON.stringify(hook.events),
    insecure_ssl: hook.insecure_ssl ? 1 : 0,
    headers: sealHeaders(headers, hook.id, cipher),
  };
};

const toChangedColumns = (
  id: string,
  change: HookChange & { readonly updated_at: number },
  cipher: Cipher,
): Updateable<Schema['bellwire_hooks']> => {
  const { events, insecure_ssl, headers, ...rest } = change;
  return {
    ...rest,
    ...(events === undefined ? {} : { events: JSON.stringify(events) }),
    ...(insecure_ssl === undefined ? {} : { insecure_ssl: insecure_ssl ? 1 : 0 }),
    ...(headers === undefined ? {} : { headers: sealHeaders(headers, id, cipher) }),
    // Whoever switches a hook on again starts a new count of its failures.
    ...(change.status === 'active' ? { consecutive_failures: 0, failing_since: null } : {}),
  };
};

const stopDeliveries = async (
  trx: Transaction<Schema>,
  hook_id: string,
  to: { readonly status: 'held' | 'canceled'; readonly now: number },
): Promise<void> => {
  const change = { status: to.status, next_attempt_at: null, updated_at: to.now };
  const stop = trx.updateTable('bellwire_deliveries').set(change).where('hook_id', '=', hook_id);
  await stop.where('status', '=', sql.lit('pending')).execute();
  if (to.status === 'canceled') await stop.where('status', '=', sql.lit('held')).execute();
};

const select = (from: Kysely<Schema>, workspace_id: string, id: string) =>
  from
    .selectFrom('bellwire_hooks')
    .selectAll()
    .where('workspace_id', '=', workspace_id)
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();

/** Previous secrets that a hook may have. */
const MOST_PREVIOUS = 10;

/** Gives the current secret of a hook an end, and forgets those that have ended or are too many. */
const retireSecrets = async (
  trx: Transaction<Schema>,
  hook_id: string,
  { now, expires_at }: { readonly now: number; readonly expires_at: number },
): Promise<void> => {
  await trx
    .updateTable('bellwire_secrets')
    .set({ expires_at })
    .where('hook_id', '=', hook_id)
    .where('expires_at', 'is', null)
    .execute();
  const kept = trx
    .selectFrom('bellwire_secrets')
    .select('id')
    .where('hook_id', '=', hook_id)
    .where('expires_at', '>', now)
    .orderBy('id', 'desc')
    .limit(MOST_PREVIOUS);
  await trx
    .deleteFrom('bellwire_secrets')
    .where('hook_id', '=', hook_id)
    .where('id', 'not in', kept)
    .execute();
};

export const createHooks = (db: Kysely<Schema>, caches: Caches, cipher: Cipher): Repositories['hooks'] => {
  const toListed = (row: HookRow): ListedHook => ({
    ...toHook(row),
    header_names: Object.keys(toHeaders(row, cipher)),
  });

  const insertSecret = async (
    trx: Transaction<Schema>,
    hook_id: string,
    { id, value, created_at }: { id: string; value: string; created_at: number },
  ): Promise<void> => {
    const secret = cipher.seal(value, { table: 'bellwire_secrets', column: 'secret', id });
    await trx
      .insertInto('bellwire_secrets')
      .values({ id, hook_id, secret, created_at, expires_at: null })
      .execute();
  };

  /**
   * One transaction that changes hooks of a workspace. The cache is cleared before COMMIT, while the lock is still
   * ours, so that nobody fans out to what was; and after it, for a rollback.
   */
  const change = async <T>(
    workspace_id: string,
    work: (trx: Transaction<Schema>) => Promise<T>,
  ): Promise<T> => {
    try {
      return await db.transaction().execute(async (trx) => {
        const result = await work(trx);
        caches.hooks.clear(workspace_id);
        return result;
      });
    } finally {
      caches.hooks.clear(workspace_id);
    }
  };

  return {
    create: (hook) =>
      change(hook.workspace_id, async (trx) => {
        const row = await trx
          .insertInto('bellwire_hooks')
          .values(toRow(hook, cipher))
          .returningAll()
          .executeTakeFirstOrThrow();
        if (hook.secret !== null) {
          await insertSecret(trx, hook.id, { ...hook.secret, created_at: hook.created_at });
        }
        return toListed(row);
      }),
    list: async (workspace_id, page) => {
      let query = db
        .selectFrom('bellwire_hooks')
        .selectAll()
        .where('workspace_id', '=', workspace_id)
        .where('deleted_at', 'is', null)
        .orderBy('id', 'desc')
        .limit(rowsToFetch(page));
      if (page.after !== null) query = query.where('id', '<', page.after);
      return toPage(await query.execute(), page, { to: toListed, keyOf: ({ id }) => id });
    },
    get: async (workspace_id, id) => {
      const row = await select(db, workspace_id, id);
      return row === undefined ? null : toListed(row);
    },
    update: (workspace_id, id, wanted) =>
      change(workspace_id, async (trx) => {
        if ((await select(trx, workspace_id, id)) === undefined) return null;
        const row = await trx
          .updateTable('bellwire_hooks')
          .set(toChangedColumns(id, wanted, cipher))
          .where('id', '=', id)
          .returningAll()
          .executeTakeFirstOrThrow();
        if (row.status !== 'active')
          await stopDeliveries(trx, id, { status: 'held', now: wanted.updated_at });
        return toListed(row);
      }),
    rotateSecret: (workspace_id, id, { secret, now, previous_expires_at }) =>
      change(workspace_id, async (trx) => {
        const row = await select(trx, workspace_id, id);
        if (row === undefined) return null;
        await retireSecrets(trx, id, { now, expires_at: previous_expires_at });
        await insertSecret(trx, id, { ...secret, created_at: now });
        return toListed(row);
      }),
    dropPreviousSecrets: (workspace_id, id) =>
      change(workspace_id, async (trx) => {
        const row = await select(trx, workspace_id, id);
        if (row === undefined) return null;
        await trx
          .deleteFrom('bellwire_secrets')
          .where('hook_id', '=', id)
          .where('expires_at', 'is not', null)
          .execute();
        return toListed(row);
      }),
    remove: (workspace_id, id, now) =>
      change(workspace_id, async (trx) => {
        if ((await select(trx, workspace_id, id)) === undefined) return false;
        await trx.deleteFrom('bellwire_secrets').where('hook_id', '=', id).execute();
        await trx
          .updateTable('bellwire_hooks')
          .set({ deleted_at: now, updated_at: now, headers: null })
          .where('id', '=', id)
          .execute();
        await stopDeliveries(trx, id, { status: 'canceled', now });
        return true;
      }),
  };
};
