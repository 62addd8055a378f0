import { Kysely, PostgresAdapter, PostgresDialect, sql } from 'kysely';
import { type CustomTypesConfig, Pool, types as builtIn } from 'pg';
import { migrateToLatest } from '../migrations/migrate.ts';
import type { Connections, Schema } from '../schema.ts';
import { postgresSchema } from './schema-dialect.ts';

/** One PostgreSQL database: Kysely's interface, and the pool under it for transactions of the store. */
export interface PostgresDatabase extends Connections {
  readonly pool: Pool;
  readonly close: () => Promise<void>;
}

export interface PostgresOptions {
  /** Connections of the pool; 10 by default. */
  readonly connections?: number;
}

const CONNECTIONS = 10;
const CONNECT_TIMEOUT_MS = 5_000;
/** Kysely's own number is used by every application in the database that migrates with Kysely. */
const MIGRATION_LOCK = 7_021_437_318;

/** Parses a `bigint`, which arrives as text. */
const toSafeInteger = (text: string): number => {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} is beyond what a number holds exactly`);
  return value;
};

/** For the pool alone: the parsers of `pg` belong to the whole process. */
const types: CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    oid === builtIn.builtins.INT8 ? toSafeInteger : builtIn.getTypeParser(oid, format),
};

/**
 * Migrations take their own lock, see `migratePostgres`. Kysely's belongs to the session, which a pooler in transaction
 * mode exchanges between two statements.
 */
class Adapter extends PostgresAdapter {
  override async acquireMigrationLock(): Promise<void> {}

  override async releaseMigrationLock(): Promise<void> {}
}

class Dialect extends PostgresDialect {
  override createAdapter(): PostgresAdapter {
    return new Adapter();
  }
}

/** Connects to a database on demand: a server that is unreachable fails the first statement. */
export const openPostgres = (url: string, options: PostgresOptions = {}): PostgresDatabase => {
  const pool = new Pool({
    connectionString: url,
    types,
    max: options.connections ?? CONNECTIONS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    application_name: 'bellwire',
  });
  // An idle connection has ended: the pool has discarded it, and the next statement opens another one.
  pool.on('error', () => undefined);
  const db = new Kysely<Schema>({ dialect: new Dialect({ pool }) });
  return { db, reader: db, pool, close: () => db.destroy() };
};

/**
 * Migrates the tables to this version in one transaction. Processes that start at the same time do so one after the
 * other, each for at most 30 seconds.
 * @throws BellwireError `database_newer`
 */
export const migratePostgres = (db: Kysely<Schema>): Promise<void> =>
  db.transaction().execute(async (transaction) => {
    await sql`set local lock_timeout = '30s'`.execute(transaction);
    await sql`select pg_advisory_xact_lock(${sql.lit(MIGRATION_LOCK)})`.execute(transaction);
    await migrateToLatest(transaction, postgresSchema);
  });
