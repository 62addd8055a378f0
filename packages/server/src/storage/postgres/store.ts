import { sql } from 'kysely';
import type { Cluster } from '../../core/cluster.ts';
import type { Store } from '../../ports/store.ts';
import { type Caches, schemaKey } from '../caches.ts';
import type { InTime } from '../in-time.ts';
import { countOpen, countOpenBreakers } from '../count-open.ts';
import { toDueHooks } from '../store/due-hooks.ts';
import { commitBatch } from './commits.ts';
import { readEvents } from './event-reader.ts';
import { FanOutTurns } from './fan-outs.ts';
import { claim, continueFanOuts, releaseLeases } from './flow.ts';
import { claimManually, extendLeases } from './leases.ts';
import { CheckedLeases } from './lost-leases.ts';
import { EventPruner } from './prune.ts';
import { PayloadPruner } from './prune-payloads.ts';
import { pruneStats } from './prune-stats.ts';
import { pullIn } from './pull-in.ts';
import type { Session } from './session.ts';
import { stopAgain, stopNext } from './stop-deliveries.ts';
import { toStorageError } from './storage-error.ts';
import { TenantTurns } from './tenant-turns.ts';
import { Transactions, type TransactionsOptions } from './transactions.ts';
import { visitedHooks } from './visited-hooks.ts';

export interface PostgresStoreOptions extends TransactionsOptions {
  readonly caches: Caches;
  readonly cluster: Pick<Cluster, 'isLeader'>;
  /** Limits how long an accept waits for the reads before its commit. */
  readonly inTime: InTime;
}

const coerced = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    throw toStorageError(error);
  }
};

/**
 * The delivery store on PostgreSQL, for any number of nodes. A transaction locks the hooks and deliveries that it changes,
 * in the order of their ids, decides, and sends its writes together.
 */
export class PostgresStore implements Store {
  readonly #options: PostgresStoreOptions;
  readonly #transactions: Transactions;
  readonly #turns = new TenantTurns();
  readonly #fan_outs = new FanOutTurns();
  readonly #checked_leases = new CheckedLeases();
  readonly #pruner = new EventPruner();
  readonly #payload_pruner = new PayloadPruner();

  constructor(options: PostgresStoreOptions) {
    this.#options = options;
    this.#transactions = new Transactions(options);
  }

  readonly commitBatch: Store['commitBatch'] = (batch) => commitBatch(this.#transactions, batch);

  readonly continueFanOuts: Store['continueFanOuts'] = (slice) =>
    coerced(() => continueFanOuts(this.#transactions, slice, this.#fan_outs));

  readonly dueHooks: Store['dueHooks'] = ({ now, after, limit }) =>
    coerced(async () => {
      const walk = { now, after: after ?? '', limit };
      const known = this.#transactions.watermarks.after(walk.after, walk);
      const rows = await this.#transactions.run((session) => session.all(visitedHooks(known, walk)));
      await stopAgain(
        this.#options.database.db,
        rows.map(({ hook_id }) => hook_id),
      );
      return toDueHooks(rows, { now, limit });
    });

  readonly claim: Store['claim'] = (wanted) =>
    coerced(() => claim(this.#transactions, wanted, { turns: this.#turns, node_id: this.#options.node_id }));

  readonly claimManually: Store['claimManually'] = (one) =>
    this.#transact((session) => claimManually(session, one, this.#options.node_id));

  readonly extendLeases: Store['extendLeases'] = (extension) =>
    this.#transact((session) => extendLeases(session, extension));

  readonly releaseLeases: Store['releaseLeases'] = (release) =>
    coerced(() =>
      releaseLeases(this.#transactions, release, { ...this.#options, checked: this.#checked_leases }),
    );

  readonly watchThrottles: Store['watchThrottles'] = (listener) => {
    this.#transactions.onThrottled = listener;
  };

  readonly openBreakers: Store['openBreakers'] = () =>
    coerced(() => countOpenBreakers(this.#options.database.reader));

  readonly stopDeliveries: Store['stopDeliveries'] = (slice) =>
    this.#transact((session) => stopNext(session, slice));

  readonly hooks: Store['hooks'] = (ids) => coerced(() => this.#transactions.sendable(ids));

  readonly events: Store['events'] = (leased) => coerced(() => readEvents(this.#options.database.db, leased));

  readonly catalog: Store['catalog'] = (workspace_id) =>
    coerced(async () => {
      const [catalog] = await Promise.all([
        this.#options.caches.catalogs.get(workspace_id),
        this.#options.inTime(this.#transactions.index.prepare([workspace_id])),
      ]);
      return catalog;
    });

  readonly schemaOf: Store['schemaOf'] = (workspace_id, type) =>
    coerced(() => this.#options.caches.schemas.get(schemaKey(workspace_id, type)));

  readonly filters: Store['filters'] = (workspace_id, type, tenant) => {
    const { index } = this.#transactions;
    if (!index.mayFilter(workspace_id)) return null;
    return coerced(async () => {
      await this.#options.inTime(index.prepare([workspace_id]));
      return index
        .subscribers(workspace_id, type, tenant)
        .flatMap(({ id, filter }) => (filter === null ? [] : [{ id, filter }]));
    });
  };

  readonly subscribers: Store['subscribers'] = (workspace_id, type) =>
    coerced(async () => {
      const { index } = this.#transactions;
      await index.prepare([workspace_id]);
      return index.subscribers(workspace_id, type, null).map(({ id }) => id);
    });

  readonly prune: Store['prune'] = (slice) => this.#transact((session) => this.#pruner.prune(session, slice));

  readonly prunePayloads: Store['prunePayloads'] = (slice) =>
    this.#once({ removed: 0, has_more: false }, (session) => this.#payload_pruner.prune(session, slice));

  readonly pruneSecrets: Store['pruneSecrets'] = ({ now, limit }) =>
    this.#once(0, async (session) => {
      const { db } = session;
      const expired = db
        .selectFrom('bellwire_secrets')
        .select('id')
        .where('expires_at', '<=', now)
        .orderBy('expires_at')
        .limit(limit);
      const rows = await session.all(
        db.deleteFrom('bellwire_secrets').where('id', 'in', expired).returning('hook_id'),
      );
      this.#transactions.expireSendable(rows.map(({ hook_id }) => hook_id));
      return rows.length;
    });

  readonly pruneStats: Store['pruneStats'] = (slice) =>
    this.#once(0, (session) => pruneStats(session, slice));

  readonly pullIn: Store['pullIn'] = (slice) =>
    this.#once({ pulled: 0, next: null }, (session) => pullIn(session, slice));

  // PostgreSQL overwrites deleted rows by itself, so every pass is complete at once, whatever its number.
  readonly requestScrub: Store['requestScrub'] = () => Promise.resolve(0);

  readonly completedScrub: Store['completedScrub'] = () => Promise.resolve(Number.MAX_SAFE_INTEGER);

  readonly scrub: Store['scrub'] = () => Promise.resolve({ completed: 0, has_more: false });

  readonly scrubStatus: Store['scrubStatus'] = () =>
    Promise.resolve({ completed: 0, is_running: false, has_failed: false });

  readonly openDeliveries: Store['openDeliveries'] = (now) =>
    coerced(() => countOpen(this.#options.database.reader, now));

  readonly fileSizes: Store['fileSizes'] = () =>
    coerced(async () => {
      const { rows } = await sql<{ readonly size: number }>`
        select pg_database_size(current_database()) as size`.execute(this.#options.database.db);
      return { database: rows[0]?.size ?? 0, wal: 0, volume: null };
    });

  /** Housekeeping, which one node does for all. `none` is the answer of the others. */
  #once<T>(none: T, work: (session: Session) => Promise<T>): Promise<T> {
    return this.#options.cluster.isLeader() ? this.#transact(work) : Promise.resolve(none);
  }

  #transact<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return coerced(() => this.#transactions.run(work));
  }
}
