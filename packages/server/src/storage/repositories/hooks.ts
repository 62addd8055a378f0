import { type Kysely, sql, type Transaction } from 'kysely';
import { type ClientCertificateInfo, infoOf } from '../../core/client-certificate.ts';
import { EVERY_TENANT } from '../../core/fan-out.ts';
import type { HookChange, ListedHook, NewHook, Repositories } from '../../ports/repositories.ts';
import {
  type HookRow,
  openFingerprint,
  sealKey,
  toClientCertificate,
  toHeaders,
  toHook,
  toSchedule,
} from '../rows/hook-row.ts';
import type { Connections, Schema } from '../schema.ts';
import {
  deletePreviousSecrets,
  deleteSecrets,
  insertSecret,
  readFirstSecret,
  readSecretExpiries,
  retireSecrets,
} from './hook-secrets.ts';
import { deletedHook } from './deleted-hook.ts';
import { isDeactivation, toChangedColumns, toHookColumns } from './hook-columns.ts';
import { inTransaction } from './in-transaction.ts';
import { lockHook } from './lock-hook.ts';
import { readNextAttempts } from './next-attempts.ts';
import { rowsToFetch, toPage } from './page.ts';
import type { RepositoryParts } from './parts.ts';
import { findTwins } from './find-twins.ts';
import { probeNow, readThrottles, removeThrottle } from './throttles.ts';
import { stopFirstDeliveries } from './waiting-deliveries.ts';

const insertTenant = async (
  trx: Transaction<Schema>,
  { workspace_id, tenant, created_at }: Pick<NewHook, 'workspace_id' | 'tenant' | 'created_at'>,
): Promise<void> => {
  if (tenant === null || tenant === EVERY_TENANT) return;
  await trx
    .insertInto('bellwire_tenants')
    .values({ workspace_id, tenant, created_at })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
};

/** The fields of a listed hook that are not in its row. */
type Shown = Pick<ListedHook, 'secret_expiries' | 'next_attempt_at' | 'throttle'>;

const readShown = async (db: Kysely<Schema>, ids: readonly string[]): Promise<(id: string) => Shown> => {
  const expiries = await readSecretExpiries(db, ids);
  const next_attempts = await readNextAttempts(db, ids);
  const throttles = await readThrottles(db, ids);
  return (id) => ({
    secret_expiries: expiries.get(id) ?? [],
    next_attempt_at: next_attempts.get(id) ?? null,
    throttle: throttles.get(id) ?? null,
  });
};

const SCHEDULES_MAX = 1_000;

type HooksRepository = Repositories['hooks'];

/** The hooks of a workspace. Each change is one transaction and invalidates the caches. */
class Hooks implements HooksRepository {
  readonly #db: Kysely<Schema>;
  readonly #reader: Kysely<Schema>;
  readonly #parts: RepositoryParts;

  constructor({ db, reader }: Connections, parts: RepositoryParts) {
    this.#db = db;
    this.#reader = reader;
    this.#parts = parts;
  }

  readonly create: HooksRepository['create'] = (hook, key) =>
    this.#change(hook.workspace_id, hook.id, async (trx) => {
      await insertTenant(trx, hook);
      const insert = trx
        .insertInto('bellwire_hooks')
        .values({ ...toHookColumns(hook, this.#parts.cipher), ...sealKey(key, hook.id, this.#parts.cipher) })
        .returningAll();
      const once = key === undefined ? insert : insert.onConflict((conflict) => conflict.doNothing());
      const row = await once.executeTakeFirst();
      if (row === undefined) return null;
      const { secret, created_at } = hook;
      if (secret !== null) await this.#insertSecret(trx, hook.id, { ...secret, created_at });
      return this.#toListed(trx, row);
    });

  readonly count: HooksRepository['count'] = async ({ workspace_id, tenant }, max) => {
    const { hooks } = await this.#db
      .selectFrom((eb) => {
        const existing = eb
          .selectFrom('bellwire_hooks')
          .select(sql<number>`1`.as('one'))
          .where('workspace_id', '=', workspace_id)
          .where('deleted_at', 'is', null)
          .limit(max);
        return (tenant === undefined ? existing : existing.where('tenant', '=', tenant)).as('existing');
      })
      .select(({ fn }) => fn.countAll<number>().as('hooks'))
      .executeTakeFirstOrThrow();
    return hooks;
  };

  readonly ofKey: HooksRepository['ofKey'] = async ({ workspace_id, tenant }, idempotency_key) => {
    const row = await this.#db
      .selectFrom('bellwire_hooks')
      .selectAll()
      .where('workspace_id', '=', workspace_id)
      .where('idempotency_key', '=', idempotency_key)
      // Must be written as in the index on this expression, or SQLite does not use it.
      .where(sql<string>`coalesce(tenant, '')`, '=', tenant ?? '')
      .executeTakeFirst();
    if (row === undefined) return null;
    return {
      hook: await this.#toListed(this.#db, row),
      fingerprint: openFingerprint(row, this.#parts.cipher),
      secret: await readFirstSecret(this.#db, row, this.#parts.cipher),
    };
  };

  readonly list: HooksRepository['list'] = async (workspace_id, { tenant }, page) => {
    let query = this.#reader
      .selectFrom('bellwire_hooks')
      .selectAll()
      .where('workspace_id', '=', workspace_id)
      .where('deleted_at', 'is', null)
      .orderBy('id', 'desc')
      .limit(rowsToFetch(page));
    if (tenant !== undefined) query = query.where('tenant', '=', tenant);
    if (page.after !== null) query = query.where('id', '<', page.after);
    const rows = await query.execute();
    const shown = await readShown(
      this.#reader,
      rows.map(({ id }) => id),
    );
    return toPage(rows, page, {
      to: (row) => this.#listed(row, shown(row.id)),
      keyOf: ({ id }) => id,
    });
  };

  readonly get: HooksRepository['get'] = async (workspace_id, id) => {
    const row = await this.#db
      .selectFrom('bellwire_hooks')
      .selectAll()
      .where('workspace_id', '=', workspace_id)
      .where('id', '=', id)
      .where('deleted_at', 'is', null)
      .executeTakeFirst();
    return row === undefined ? null : this.#toListed(this.#db, row);
  };

  readonly idsOf: HooksRepository['idsOf'] = async (workspace_id, numbers) => {
    const rows = await this.#db
      .selectFrom('bellwire_hooks')
      .select(['number', 'id'])
      .where('number', 'in', numbers)
      .where('workspace_id', '=', workspace_id)
      .where('deleted_at', 'is', null)
      .execute();
    return new Map(rows.map(({ number, id }) => [number, id]));
  };

  readonly schedules: HooksRepository['schedules'] = async () => {
    const rows = await this.#db
      .selectFrom('bellwire_hooks')
      .select(['dialect', 'retry_schedule', ({ fn }) => fn.max('max_attempts').as('max_attempts')])
      .where('deleted_at', 'is', null)
      .groupBy(['dialect', 'retry_schedule'])
      .limit(SCHEDULES_MAX)
      .execute();
    return rows.map((row) => ({ ...row, retry_schedule: toSchedule(row) }));
  };

  readonly operationalWorkspaces: HooksRepository['operationalWorkspaces'] = async (limit) => {
    const rows = await this.#reader
      .selectFrom('bellwire_hooks')
      .select('workspace_id')
      .distinct()
      .where('is_operational', '=', sql.lit(1))
      .where('deleted_at', 'is', null)
      .orderBy('workspace_id')
      .limit(limit)
      .execute();
    return rows.map(({ workspace_id }) => workspace_id);
  };

  readonly twins: HooksRepository['twins'] = (hook) => findTwins(this.#db, hook);

  readonly update: HooksRepository['update'] = (workspace_id, id, wanted) =>
    this.#change(workspace_id, id, async (trx) => {
      const row = await trx
        .updateTable('bellwire_hooks')
        .set(toChangedColumns(id, wanted, this.#parts.cipher))
        .where('workspace_id', '=', workspace_id)
        .where('id', '=', id)
        .where('deleted_at', 'is', null)
        .returningAll()
        .executeTakeFirst();
      if (row === undefined) return null;
      if (wanted.secret !== undefined) await this.#replaceSecret(trx, id, wanted);
      if (wanted.status === 'active')
        await probeNow(trx, { workspace_id, hook_id: id, now: wanted.updated_at });
      if (isDeactivation(wanted)) {
        await stopFirstDeliveries(trx, { workspace_id, hook_id: id, to: 'held', now: wanted.updated_at });
      }
      return this.#toListed(trx, row);
    });

  readonly rotateSecret: HooksRepository['rotateSecret'] = (workspace_id, id, rotation) =>
    this.#change(workspace_id, id, async (trx) => {
      const row = await lockHook(trx, workspace_id, id);
      if (row === undefined) return null;
      const { secret, now, previous_expires_at } = rotation;
      await retireSecrets(trx, id, { now, expires_at: previous_expires_at });
      await this.#insertSecret(trx, id, { ...secret, created_at: now });
      return this.#toListed(trx, row);
    });

  readonly dropPreviousSecrets: HooksRepository['dropPreviousSecrets'] = (workspace_id, id) =>
    this.#change(workspace_id, id, async (trx) => {
      const row = await lockHook(trx, workspace_id, id);
      if (row === undefined) return null;
      await deletePreviousSecrets(trx, id);
      return this.#toListed(trx, row);
    });

  readonly remove: HooksRepository['remove'] = (workspace_id, id, now) =>
    this.#change(workspace_id, id, async (trx) => {
      const { numUpdatedRows } = await trx
        .updateTable('bellwire_hooks')
        .set(deletedHook(now, 'canceled'))
        .where('workspace_id', '=', workspace_id)
        .where('id', '=', id)
        .where('deleted_at', 'is', null)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) return false;
      await deleteSecrets(trx, id);
      await removeThrottle(trx, id);
      await stopFirstDeliveries(trx, { workspace_id, hook_id: id, to: 'canceled', now });
      return true;
    });

  /**
   * Changes one hook in one transaction. Published before COMMIT, while this transaction holds the connection, so that no
   * later commit fans out to the old hook; and again afterwards, in case of a rollback.
   */
  async #change<T>(
    workspace_id: string,
    hook_id: string,
    work: (trx: Transaction<Schema>) => Promise<T>,
  ): Promise<T> {
    const publish = () => this.#parts.invalidations.publish({ kind: 'hook', workspace_id, hook_id });
    try {
      return await inTransaction(this.#db, async (trx) => {
        const result = await work(trx);
        publish();
        return result;
      });
    } finally {
      publish();
    }
  }

  #insertSecret(
    trx: Transaction<Schema>,
    hook_id: string,
    secret: { readonly id: string; readonly value: string; readonly created_at: number },
  ): Promise<void> {
    return insertSecret(trx, hook_id, { secret, cipher: this.#parts.cipher });
  }

  async #replaceSecret(
    trx: Transaction<Schema>,
    id: string,
    { secret, updated_at }: Pick<HookChange, 'secret'> & { readonly updated_at: number },
  ): Promise<void> {
    await deleteSecrets(trx, id);
    if (secret !== undefined && secret !== null) {
      await this.#insertSecret(trx, id, { ...secret, created_at: updated_at });
    }
  }

  async #toListed(db: Kysely<Schema>, row: HookRow): Promise<ListedHook> {
    const shown = await readShown(db, [row.id]);
    return this.#listed(row, shown(row.id));
  }

  #listed(row: HookRow, shown: Shown): ListedHook {
    return {
      ...toHook(row),
      header_names: this.#headerNames(row),
      client_certificate: this.#clientCertificate(row),
      ...shown,
    };
  }

  #clientCertificate(row: HookRow): ClientCertificateInfo | null {
    try {
      const certificate = toClientCertificate(row, this.#parts.cipher);
      return certificate === null ? null : infoOf(certificate);
    } catch {
      return null;
    }
  }

  /** Empty if the headers cannot be decrypted: one such hook must not fail the whole list. */
  #headerNames(row: HookRow): readonly string[] {
    try {
      return Object.keys(toHeaders(row, this.#parts.cipher));
    } catch {
      return [];
    }
  }
}

export const createHooks = (connections: Connections, parts: RepositoryParts): HooksRepository =>
  new Hooks(connections, parts);
