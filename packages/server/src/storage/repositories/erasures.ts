import { type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import { boundOf, type ErasureTally, NOTHING_ERASED } from '../../core/erasure.ts';
import type { Erasure, Erasures, ErasureStep, NewErasure } from '../../ports/erasures.ts';
import type { Connections, Schema } from '../schema.ts';
import { deletedHook } from './deleted-hook.ts';
import { eraseEvents, walkEvents } from './erase-events.ts';
import { deleteRecoveries, deleteTenants, stripAudit } from './erase-records.ts';
import { eraseStats } from './erase-stats.ts';
import { inTransaction } from './in-transaction.ts';
import type { RepositoryParts } from './parts.ts';
import { deletePortals } from './sessions.ts';
import { countRunningErasures } from './running-jobs.ts';
import { isUsed } from './workspace-use.ts';

type Row = Selectable<Schema['bellwire_erasures']>;

const toErasure = (row: Row): Erasure => ({
  id: row.id,
  workspace_id: row.workspace_id,
  tenant: row.tenant,
  phase: row.phase,
  tally: JSON.parse(row.tally) as ErasureTally,
  created_at: row.created_at,
  completed_at: row.completed_at,
});

const newRow = (erasure: NewErasure): Row => ({
  ...erasure,
  phase: 'hooks',
  after: null,
  tally: JSON.stringify(NOTHING_ERASED),
  updated_at: erasure.created_at,
  completed_at: null,
});

interface Step {
  readonly erasure: Erasure;
  readonly limit: number;
  readonly now: number;
}

type Progress = Partial<Pick<Row, 'phase' | 'after'>> & { readonly erased?: Partial<ErasureTally> };

const store = async (
  db: Kysely<Schema>,
  { erasure, now }: Step,
  { erased = {}, ...change }: Progress,
): Promise<void> => {
  const { hooks, events, deliveries } = erasure.tally;
  const tally: ErasureTally = {
    hooks: hooks + (erased.hooks ?? 0),
    events: events + (erased.events ?? 0),
    deliveries: deliveries + (erased.deliveries ?? 0),
  };
  await db
    .updateTable('bellwire_erasures')
    .set({ ...change, tally: JSON.stringify(tally), updated_at: now })
    .where('id', '=', erasure.id)
    .execute();
};

/** The hooks that an erasure covers. */
const hooksOf = (db: Kysely<Schema>, erasure: Erasure) => {
  const { workspace_id, tenant } = erasure;
  const query = db
    .selectFrom('bellwire_hooks')
    .where('workspace_id', '=', workspace_id)
    .where('id', '<', boundOf(erasure, 'wh'));
  return tenant === null ? query : query.where('tenant', '=', tenant);
};

class ErasureWalk {
  readonly #connections: Connections;
  readonly #parts: RepositoryParts;

  constructor(connections: Connections, parts: RepositoryParts) {
    this.#connections = connections;
    this.#parts = parts;
  }

  /** Deletes hooks as the API does: nothing is sent to them from now on. */
  async stopHooks(step: Step): Promise<ErasureStep> {
    const { erasure, limit, now } = step;
    await inTransaction(this.#connections.db, async (trx) => {
      const hooks = await hooksOf(trx, erasure)
        .select('id')
        .where('deleted_at', 'is', null)
        .limit(limit)
        .execute();
      const ids = hooks.map(({ id }) => id);
      if (ids.length > 0) {
        await trx
          .updateTable('bellwire_hooks')
          .set(deletedHook(now, 'erased'))
          .where('id', 'in', ids)
          .execute();
        await trx.deleteFrom('bellwire_secrets').where('hook_id', 'in', ids).execute();
      }
      if (ids.length < limit) await store(trx, step, { phase: 'events', after: null });
      // Before COMMIT, so that no later commit fans out to them.
      this.#publishHooks(erasure.workspace_id, ids);
    });
    return 'more';
  }

  /**
   * Deletes the next events. A walk that has deleted any is followed by another: an event can be committed behind the
   * position of the walk.
   */
  async deleteEvents(step: Step, after: string | null): Promise<ErasureStep> {
    const { erasure, limit, now } = step;
    const { workspace_id, tenant } = erasure;
    const walk = { workspace_id, tenant, after, before: boundOf(erasure, 'evt') };
    const { event_ids, next } = await walkEvents(this.#connections.reader, walk, limit);
    await inTransaction(this.#connections.db, async (trx) => {
      const slice = { event_ids, limit, now };
      const { events, deliveries, is_complete } = await eraseEvents(trx, workspace_id, slice);
      const erased = { events, deliveries };
      if (!is_complete || (next === null && event_ids.length > 0)) {
        await store(trx, step, { after: is_complete ? null : after, erased });
      } else {
        await store(
          trx,
          step,
          next === null ? { phase: 'stats', after: null, erased } : { after: next, erased },
        );
      }
    });
    return 'more';
  }

  /** Deletes the counts of attempts. No delivery is left whose attempt could add some. */
  async deleteStats(step: Step, after: string | null): Promise<ErasureStep> {
    const { erasure, limit, now } = step;
    await inTransaction(this.#connections.db, async (trx) => {
      const next = await eraseStats(trx, erasure, { after, limit, now });
      await store(trx, step, next === null ? { phase: 'records', after: null } : { after: next });
    });
    return 'more';
  }

  /** Deletes the rows of the hooks, once the sweep has canceled their deliveries, the recoveries, and audited fields. */
  async deleteRemainder(step: Step): Promise<ErasureStep> {
    const { erasure, limit } = step;
    return inTransaction(this.#connections.db, async (trx) => {
      const rows = await hooksOf(trx, erasure).select(['id', 'stopping']).limit(limit).execute();
      const ids = rows.filter(({ stopping }) => stopping === null).map(({ id }) => id);
      await deleteRecoveries(trx, erasure, ids);
      const has_more_entries = await stripAudit(trx, step, ids);
      if (ids.length > 0) await trx.deleteFrom('bellwire_hooks').where('id', 'in', ids).execute();
      if (has_more_entries || rows.length === limit || ids.length < rows.length) {
        await store(trx, step, { erased: { hooks: ids.length } });
        return has_more_entries || ids.length > 0 ? 'more' : 'waiting';
      }
      if (erasure.tenant === null && (await deleteTenants(trx, step))) {
        await store(trx, step, { erased: { hooks: ids.length } });
        return 'more';
      }
      const is_done = erasure.tenant !== null || (await this.#deleteWorkspace(trx, erasure.workspace_id));
      const phase = is_done ? 'scrub' : 'hooks';
      await store(trx, step, { phase, after: null, erased: { hooks: ids.length } });
      return 'more';
    });
  }

  /** False if something was added since the walk. */
  async #deleteWorkspace(trx: Transaction<Schema>, id: string): Promise<boolean> {
    if (await isUsed(trx, id)) return false;
    for (const table of ['bellwire_event_types', 'bellwire_recoveries'] as const) {
      await trx.deleteFrom(table).where('workspace_id', '=', id).execute();
    }
    await trx.deleteFrom('bellwire_hooks').where('workspace_id', '=', id).execute();
    await trx.deleteFrom('bellwire_workspaces').where('id', '=', id).execute();
    return true;
  }

  #publishHooks(workspace_id: string, ids: readonly string[]): void {
    for (const hook_id of ids) this.#parts.invalidations.publish({ kind: 'hook', workspace_id, hook_id });
  }
}

type Creations = Pick<Erasures, 'createForTenant' | 'createForWorkspace'>;

const createCreations = ({ db }: Connections, { invalidations }: RepositoryParts): Creations => ({
  createForTenant: (erasure) =>
    inTransaction(db, async (trx) => {
      const { workspace_id, tenant } = erasure;
      const { numDeletedRows } = await trx
        .deleteFrom('bellwire_tenants')
        .where('workspace_id', '=', workspace_id)
        .where('tenant', '=', tenant)
        .executeTakeFirst();
      if (numDeletedRows === 0n) return null;
      await deletePortals(trx, workspace_id, tenant);
      const row = newRow(erasure);
      await trx.insertInto('bellwire_erasures').values(row).execute();
      // Before COMMIT, so that a later commit creates the tenant again.
      invalidations.publish({ kind: 'tenant', workspace_id, tenant: tenant ?? '' });
      return toErasure(row);
    }),
  createForWorkspace: (erasure, force) =>
    inTransaction(db, async (trx) => {
      const { workspace_id: id, created_at } = erasure;
      if (!force && (await isUsed(trx, id))) return 'in_use';
      const { numUpdatedRows } = await trx
        .updateTable('bellwire_workspaces')
        // Its name and its idempotency key are free at once.
        .set({ deleted_at: created_at, name: id, idempotency_key: null, fingerprint: null })
        .where('id', '=', id)
        .where('deleted_at', 'is', null)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) return null;
      const keys = await trx
        .deleteFrom('bellwire_api_keys')
        .where('workspace_id', '=', id)
        .returning('id')
        .execute();
      await deletePortals(trx, id, null);
      const row = newRow(erasure);
      await trx.insertInto('bellwire_erasures').values(row).execute();
      for (const key of keys) invalidations.publish({ kind: 'api_key', id: key.id });
      invalidations.publish({ kind: 'catalog', workspace_id: id });
      return toErasure(row);
    }),
});

/** The jobs that delete tenants and workspaces. */
export const createErasures = (connections: Connections, parts: RepositoryParts): Erasures => {
  const { db } = connections;
  const walk = new ErasureWalk(connections, parts);
  const select = (id: string) =>
    db.selectFrom('bellwire_erasures').selectAll().where('id', '=', id).executeTakeFirst();
  return {
    ...createCreations(connections, parts),
    get: async (id) => {
      const row = await select(id);
      return row === undefined ? null : toErasure(row);
    },
    running: async () => {
      const rows = await db
        .selectFrom('bellwire_erasures')
        .selectAll()
        .where('phase', '!=', sql.lit('completed'))
        .orderBy('id')
        .execute();
      return rows.map(toErasure);
    },
    countRunning: () => countRunningErasures(connections.reader),
    advance: async ({ id }, options) => {
      const row = await select(id);
      if (row === undefined) return 'waiting';
      const step = { erasure: toErasure(row), ...options };
      switch (row.phase) {
        case 'hooks':
          return walk.stopHooks(step);
        case 'events':
          return walk.deleteEvents(step, row.after);
        case 'stats':
          return walk.deleteStats(step, row.after);
        case 'records':
          return walk.deleteRemainder(step);
        case 'scrub':
        case 'completed':
          return 'waiting';
      }
    },
    complete: async (id, now) => {
      await db
        .updateTable('bellwire_erasures')
        .set({ phase: 'completed', updated_at: now, completed_at: now })
        .where('id', '=', id)
        .execute();
    },
    eraseEvent: (workspace_id, id, { limit, now }) =>
      inTransaction(db, async (trx) => {
        const event = await trx
          .selectFrom('bellwire_events')
          .select('id')
          .where('workspace_id', '=', workspace_id)
          .where('id', '=', id)
          .executeTakeFirst();
        if (event === undefined) return 'not_found';
        const { is_complete } = await eraseEvents(trx, workspace_id, { event_ids: [id], limit, now });
        return is_complete ? 'done' : 'more';
      }),
  };
};
