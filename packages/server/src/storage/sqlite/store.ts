import { sql } from 'kysely';
import type { IdFactory } from '../../core/ids.ts';
import type { SendableHook } from '../../core/hook.ts';
import type { Store } from '../../ports/store.ts';
import type { Caches } from '../caches.ts';
import { createAcceptEvent } from './accept-event.ts';
import type { SqliteDatabase } from './database.ts';
import { createPruneEvents } from './prune-events.ts';
import { createLeases } from './claim-deliveries.ts';
import { createSettle } from './settle-delivery.ts';
import { toStorageError } from './storage-error.ts';

/** Leases ended in one transaction, so that a start after a crash under load blocks nobody for long. */
const RELEASED_AT_ONCE = 500;

/**
 * The delivery store on SQLite. Every verb is one synchronous transaction through the database's one door, so its
 * answer is durable, and what it read cannot have changed when it wrote.
 */
export const createSqliteStore = (database: SqliteDatabase, caches: Caches, ids: IdFactory): Store => {
  const { db } = database;
  const acceptEvent = createAcceptEvent(database, caches.hooks, ids);
  const settle = createSettle(database, caches.hooks);
  const leases = createLeases(database, caches.hooks, ids);
  const prune = createPruneEvents(database);

  const write = async <T>(work: () => T): Promise<T> => {
    try {
      return await database.write(work);
    } catch (error) {
      // The caches may know rows that the rollback took back.
      caches.clear();
      throw toStorageError(error);
    }
  };

  // The status is a literal, so that the partial index of that status serves.
  const countOf = async (status: 'pending' | 'sending' | 'held'): Promise<number> => {
    const { count } = await db
      .selectFrom('bellwire_deliveries')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('status', '=', sql.lit(status))
      .executeTakeFirstOrThrow();
    return count;
  };

  const releaseSome = (now: number, expired_before: number | null): number => {
    const interrupted = leases.interrupted(expired_before, RELEASED_AT_ONCE);
    for (const settlement of interrupted) settle(settlement, now);
    return interrupted.length;
  };

  return {
    commitBatch: (turn) =>
      write(() => ({
        settled: turn.settlements.map((settlement) => settle(settlement, turn.now)),
        accepted: turn.events.map((event) => acceptEvent(event, turn)),
      })),
    dueHooks: (now) => database.read(() => leases.dueHooks(now)),
    claim: (claim) => write(() => leases.claim(claim)),
    claimManually: (claim) => write(() => leases.claimManually(claim)),
    releaseLeases: async ({ now, expired_before }) => {
      let released = 0;
      for (;;) {
        const some = await write(() => releaseSome(now, expired_before));
        released += some;
        if (some < RELEASED_AT_ONCE) return released;
      }
    },
    hooks: (hook_ids) =>
      database.read(() => {
        const found = new Map<string, SendableHook>();
        for (const id of hook_ids) {
          const hook = caches.hooks.byId(id);
          if (hook !== undefined) found.set(id, hook);
        }
        return found;
      }),
    catalog: (workspace_id) => caches.catalogs.get(workspace_id),
    prune: (slice) => write(() => prune(slice)),
    openDeliveries: async () => {
      const [pending, sending, held] = await Promise.all([
        countOf('pending'),
        countOf('sending'),
        countOf('held'),
      ]);
      return { pending, sending, held };
    },
  };
};
