import type { Database } from 'better-sqlite3';
import { BellwireError } from '../../core/errors.ts';
import type { SendableHook } from '../../core/hook.ts';
import type { IdFactory } from '../../core/ids.ts';
import type { BatchResult, CommitBatch, HookThrottle, Store } from '../../ports/store.ts';
import { type Caches, schemaKey } from '../caches.ts';
import type { Cipher } from '../cipher.ts';
import type { Invalidations } from '../invalidations.ts';
import { Batch, toItemError } from '../store/batch.ts';
import { countOpen, countOpenBreakers } from '../count-open.ts';
import type { SqliteDatabase } from './database.ts';
import { createInsertDelivery } from './delivery-statements.ts';
import { createEventMetadata } from './event-metadata.ts';
import { createEventStatements } from './event-statements.ts';
import { createHookCounterStatements } from './hook-counter-statements.ts';
import { createInsertTenant } from './insert-tenant.ts';
import { createOrderStatements } from './order-statements.ts';
import { createSettlementStatements } from './settlement-statements.ts';
import { createThrottleStatements } from './throttle-statements.ts';
import type { WorkKind } from './connection-queue.ts';
import { createDeliveryWriter } from '../store/delivery-writer.ts';
import { createDueHooks } from './due-hooks.ts';
import { createEventReader } from './event-reader.ts';
import { createEventWriter } from '../store/event-writer.ts';
import { createFanOuts } from './fan-outs.ts';
import { readFileSizes } from './file-sizes.ts';
import { createHookCounters } from '../store/hook-counters.ts';
import { HookIndex } from './hook-index.ts';
import { createHookReader } from './hook-reader.ts';
import { createHookThrottles } from '../store/hook-throttles.ts';
import { createLeases } from './leases.ts';
import { createLostLeases } from './lost-leases.ts';
import { createOrders } from '../store/orders.ts';
import { EventPruner } from './prune.ts';
import { PayloadPruner } from './prune-payloads.ts';
import { createPruneSecrets } from './prune-secrets.ts';
import { createPruneStats } from './prune-stats.ts';
import { ScrubPasses } from './scrub-passes.ts';
import { SendableHooks } from './sendable-hooks.ts';
import { SettlementWriter } from '../store/settlement-writer.ts';
import { createStatsWriter } from './stats-writer.ts';
import { createPullIn } from './pull-in.ts';
import { createStopDeliveries } from './stop-deliveries.ts';
import { isDatabaseFault, toStorageError } from './storage-error.ts';
import { createTenantWriter, KnownTenants } from '../store/tenant-writer.ts';

export interface SqliteStoreOptions {
  readonly database: SqliteDatabase;
  readonly caches: Caches;
  readonly cipher: Cipher;
  readonly invalidations: Invalidations;
  readonly ids: IdFactory;
  /** Identifies the owner of this store's leases: new at each start. */
  readonly node_id: string;
  /** The id of an event for receivers of a dialect; null if it is the event's own id. */
  readonly wireIdOf: (dialect: string, event_id: string) => string | null;
  /** Whether the tables were created just now, so that nothing can have been deleted from them. Default: false. */
  readonly is_new?: boolean;
}

/** When a transaction runs, and whether it may lease the deliveries that it releases. */
interface Transaction {
  readonly now: number;
  readonly leasing?: Pick<CommitBatch, 'lease_until' | 'saturated_hooks'>;
}

/** The parts of the store, with their statements prepared on one connection. */
const createParts = (options: SqliteStoreOptions) => {
  const { database, cipher, ids, node_id, wireIdOf } = options;
  const hook_reader = createHookReader(database, cipher);
  // No age limit: this process owns the file, so no other one can change a hook.
  const index = new HookIndex(hook_reader, { read: (work) => database.read('flow', work), max_age: null });
  const sendable = new SendableHooks(hook_reader, null);
  const known_tenants = new KnownTenants(null);
  const stop = createStopDeliveries(database);
  const counters = createHookCounters(createHookCounterStatements(database), {
    stopSlice: stop.stopSlice,
    ids,
  });
  const throttles = createHookThrottles(createThrottleStatements(database));
  const orders = createOrders(createOrderStatements(database), { node_id, throttles });
  const { placeOf } = orders;
  const writeDeliveries = createDeliveryWriter(createInsertDelivery(database), {
    ids,
    node_id,
    throttles,
    placeOf,
  });
  const fan_outs = createFanOuts(database, writeDeliveries);
  return {
    index,
    sendable,
    known_tenants,
    stop,
    pullIn: createPullIn(database),
    fan_outs,
    writeEvent: createEventWriter(createEventStatements(database), {
      writeDeliveries,
      fan_outs,
      writeTenant: createTenantWriter(createInsertTenant(database), known_tenants),
      writeMetadata: createEventMetadata(database).add,
      wireIdOf,
    }),
    settlements: new SettlementWriter(createSettlementStatements(database), { counters, throttles, orders }),
    leases: createLeases(database, { index, node_id, throttles }),
    lostLeases: createLostLeases(database, { ids, node_id }),
    dueHooks: createDueHooks(database),
    readEvents: createEventReader(database),
    pruner: new EventPruner(database, orders),
    payloadPruner: new PayloadPruner(database),
    pruneSecrets: createPruneSecrets(database),
    pruneStats: createPruneStats(database),
    writeStats: createStatsWriter(database),
    scrubs: new ScrubPasses(database, options),
  };
};

/**
 * The delivery store on SQLite. Every writing method is one synchronous transaction, so nothing that it has read can have
 * changed when it writes, and resolves when that is on the disk.
 */
export class SqliteStore implements Store {
  readonly #database: SqliteDatabase;
  readonly #raw: Database;
  readonly #caches: Caches;
  readonly #parts: ReturnType<typeof createParts>;
  #onThrottled: (throttles: readonly HookThrottle[]) => void = () => undefined;

  constructor(options: SqliteStoreOptions) {
    this.#database = options.database;
    this.#raw = options.database.raw;
    this.#caches = options.caches;
    this.#parts = createParts(options);
    options.invalidations.subscribe((changed) => {
      if (changed.kind === 'tenant') this.#parts.known_tenants.delete(changed);
      if (changed.kind !== 'hook') return;
      this.#parts.index.invalidate(changed.workspace_id, changed.hook_id);
      this.#parts.sendable.delete(changed.hook_id);
    });
  }

  readonly commitBatch: Store['commitBatch'] = async (batch) => {
    try {
      return await this.#commit('flow', { now: batch.now, leasing: batch }, (open) =>
        this.#runBatch(batch, open),
      );
    } catch (error) {
      const is_broken = error instanceof BellwireError && error.code === 'storage_broken';
      if (is_broken || isDatabaseFault(error)) throw toStorageError(error);
    }
    // One item failed and the rollback undid all of them: run them again, each in its own savepoint.
    return this.#write('flow', { now: batch.now, leasing: batch }, (open) => this.#runIsolated(batch, open));
  };

  readonly continueFanOuts: Store['continueFanOuts'] = (slice) =>
    this.#write('flow', slice, (open) => this.#parts.fan_outs.continueAll(slice, open));

  readonly dueHooks: Store['dueHooks'] = (query) =>
    this.#database.read('flow', () => this.#parts.dueHooks(query));

  readonly claim: Store['claim'] = (claim) =>
    this.#write('flow', claim, (open) => this.#parts.leases.claim(claim, open));

  readonly claimManually: Store['claimManually'] = (claim) =>
    this.#write('other', claim, () => this.#parts.leases.claimManually(claim));

  readonly extendLeases: Store['extendLeases'] = (extension) =>
    this.#write('flow', extension, () => this.#parts.leases.extend(extension));

  readonly releaseLeases: Store['releaseLeases'] = (release) =>
    this.#write('other', release, (open) => {
      const lost = this.#parts.lostLeases(release);
      for (const settlement of lost) this.#parts.settlements.write(settlement, open);
      return lost.length;
    });

  readonly watchThrottles: Store['watchThrottles'] = (listener) => {
    this.#onThrottled = listener;
  };

  readonly openBreakers: Store['openBreakers'] = () => countOpenBreakers(this.#database.reader);

  readonly stopDeliveries: Store['stopDeliveries'] = (slice) =>
    this.#write('other', slice, () => this.#parts.stop.stopNext(slice));

  readonly pullIn: Store['pullIn'] = (slice) => this.#write('other', slice, () => this.#parts.pullIn(slice));

  readonly hooks: Store['hooks'] = (ids) =>
    this.#database.read('flow', () => {
      const found = new Map<string, SendableHook | null>();
      for (const id of ids) {
        const hook = this.#parts.sendable.get(id);
        if (hook !== undefined) found.set(id, hook);
      }
      return found;
    });

  readonly events: Store['events'] = (leased) =>
    this.#database.read('flow', () => this.#parts.readEvents(leased));

  readonly catalog: Store['catalog'] = async (workspace_id) => {
    const [catalog] = await Promise.all([
      this.#caches.catalogs.get(workspace_id),
      this.#parts.index.prepare(workspace_id),
    ]);
    return catalog;
  };

  readonly schemaOf: Store['schemaOf'] = (workspace_id, type) =>
    this.#caches.schemas.get(schemaKey(workspace_id, type));

  readonly filters: Store['filters'] = (workspace_id, type, tenant) => {
    const { index } = this.#parts;
    if (!index.mayFilter(workspace_id)) return null;
    return this.#database.read('flow', () =>
      index
        .subscribers(workspace_id, type, tenant)
        .flatMap(({ id, filter }) => (filter === null ? [] : [{ id, filter }])),
    );
  };

  readonly subscribers: Store['subscribers'] = async (workspace_id, type) => {
    const { index } = this.#parts;
    await index.prepare(workspace_id);
    return this.#database.read('other', () =>
      index.subscribers(workspace_id, type, null).map(({ id }) => id),
    );
  };

  readonly prune: Store['prune'] = async (slice) => {
    const result = await this.#write('other', slice, () => this.#parts.pruner.prune(slice));
    if (result.deleted > 0) this.#parts.scrubs.deleted();
    return result;
  };

  readonly prunePayloads: Store['prunePayloads'] = async (slice) => {
    const result = await this.#write('other', slice, () => this.#parts.payloadPruner.prune(slice));
    if (result.removed > 0) this.#parts.scrubs.deleted();
    return result;
  };

  readonly pruneSecrets: Store['pruneSecrets'] = (slice) =>
    this.#write('other', slice, () => {
      const hook_ids = this.#parts.pruneSecrets(slice);
      for (const id of hook_ids) this.#parts.sendable.delete(id);
      if (hook_ids.length > 0) this.#parts.scrubs.deleted();
      return hook_ids.length;
    });

  readonly pruneStats: Store['pruneStats'] = async (slice) => {
    const { deleted, merged } = await this.#write('other', slice, () => this.#parts.pruneStats(slice));
    // A merged minute says nothing that its hour does not.
    if (deleted > 0) this.#parts.scrubs.deleted();
    return deleted + merged;
  };

  readonly requestScrub: Store['requestScrub'] = () => this.#parts.scrubs.request();

  readonly completedScrub: Store['completedScrub'] = () => this.#parts.scrubs.completed();

  readonly scrub: Store['scrub'] = (slice) => this.#parts.scrubs.run(slice);

  readonly scrubStatus: Store['scrubStatus'] = () => this.#parts.scrubs.status();

  readonly openDeliveries: Store['openDeliveries'] = (now) => countOpen(this.#database.reader, now);

  readonly fileSizes: Store['fileSizes'] = () => readFileSizes(this.#raw);

  // Settlements first: if a 410 disables a hook, the events of the same batch are held for it.
  #runBatch(batch: CommitBatch, open: Batch): BatchResult {
    const { settlements, writeEvent } = this.#parts;
    const settled = batch.settlements.map((settlement) => settlements.write(settlement, open));
    const accepted = batch.events.map((event) => writeEvent(event, { ...batch, batch: open }));
    return { settled, accepted, has_fan_outs: open.has_fan_outs, released: open.released };
  }

  #runIsolated(batch: CommitBatch, open: Batch): BatchResult {
    const { settlements, writeEvent } = this.#parts;
    const isolate = <T>(work: () => T) => {
      try {
        return open.isolate((isolated) => this.#raw.transaction(isolated)(), work);
      } catch (error) {
        if (isDatabaseFault(error)) throw error;
        return { kind: 'rejected', error: toItemError(error) } as const;
      }
    };
    const settled = batch.settlements.map((settlement) => isolate(() => settlements.write(settlement, open)));
    const accepted = batch.events.map((event) => isolate(() => writeEvent(event, { ...batch, batch: open })));
    return { settled, accepted, has_fan_outs: open.has_fan_outs, released: open.released };
  }

  /** Runs `work` in one transaction, and applies its changes to memory after COMMIT. */
  async #commit<T>(kind: WorkKind, { now, leasing }: Transaction, work: (open: Batch) => T): Promise<T> {
    const { index } = this.#parts;
    return this.#database.write(
      kind,
      () => {
        // Discards what a transaction that was rolled back has left.
        index.endTransaction({ is_committed: false });
        const open = new Batch(now, index, leasing);
        const result = work(open);
        this.#parts.writeStats(open);
        return { open, result };
      },
      ({ open, result }) => {
        index.endTransaction({ is_committed: true });
        this.#applyToMemory(open);
        return result;
      },
    );
  }

  async #write<T>(kind: WorkKind, transaction: Transaction, work: (open: Batch) => T): Promise<T> {
    try {
      return await this.#commit(kind, transaction, work);
    } catch (error) {
      throw toStorageError(error);
    }
  }

  #applyToMemory(open: Batch): void {
    const { hooks, changed_status, tenants } = open.changes;
    for (const hook of hooks) this.#parts.index.patch(hook);
    for (const id of changed_status) this.#parts.sendable.delete(id);
    for (const tenant of tenants) this.#parts.known_tenants.add(tenant);
    const throttles = open.throttles();
    if (throttles.length > 0) this.#onThrottled(throttles);
  }
}
