import { type Kysely, sql, type Transaction } from 'kysely';
import { isDisturbed, RUNS_MAX } from '../disturbed.ts';
import type { Schema } from '../schema.ts';

const isTransaction = (db: Kysely<Schema>): db is Transaction<Schema> => db.isTransaction;

/**
 * Runs `work` in the open transaction of `db`, or else in a new one, and then again if another transaction disturbs it: it
 * must change nothing but the database and caches.
 */
export const inTransaction = async <T>(
  db: Kysely<Schema>,
  work: (trx: Transaction<Schema>) => Promise<T>,
): Promise<T> => {
  if (isTransaction(db)) return work(db);
  for (let run = 1; ; run += 1) {
    try {
      return await db.transaction().execute(work);
    } catch (error) {
      if (run === RUNS_MAX || !isDisturbed(error)) throw error;
    }
  }
};

/** Runs `work`; if it fails in an open transaction, only its own changes are undone, and the transaction continues. */
export const inSavepoint = async <T>(db: Kysely<Schema>, work: () => Promise<T>): Promise<T> => {
  if (!db.isTransaction) return work();
  await sql`savepoint bellwire_step`.execute(db);
  try {
    return await work();
  } catch (error) {
    await sql`rollback to savepoint bellwire_step`.execute(db);
    throw error;
  } finally {
    await sql`release savepoint bellwire_step`.execute(db);
  }
};
