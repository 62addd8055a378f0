import {
  CompiledQuery,
  type DatabaseConnection,
  Kysely,
  PostgresAdapter,
  PostgresDialect,
  PostgresDriver,
  type PostgresPool,
  sql,
} from 'kysely';
import { type CustomTypesConfig, Pool, types as builtIn } from 'pg';
import { BellwireError } from '../../core/errors.ts';
import { appliedMigrations, migrateToLatest, pendingMigrations } from '../migrations/migrate.ts';
import type { Connections, Schema } from '../schema.ts';
import { Days } from './days.ts';
import { qualifiedTables } from './qualified-tables.ts';
import { createKyselyPool } from './kysely-pool.ts';
import { postgresSchema } from './schema-dialect.ts';
import { isServerFault, toStorageError } from './storage-error.ts';

/** One PostgreSQL database: Kysely's interface, and the pool under it for transactions of the store. */
export interface PostgresDatabase extends Connections {
  readonly pool: Pool;
  /** The schema of the tables; null for the first one in the search path of the connection. */
  readonly schema: string | null;
  /**
   * Whether statements with a name are prepared by it, and the version of the names of those that return rows. Turned off
   * by the first pooler that does not know a name.
   */
  readonly prepared: { is_on: boolean; version: number };
  /** The partitions of days. */
  readonly days: Days;
  readonly close: () => Promise<void>;
}

/** A connection and the schema of its tables. */
export type PostgresTables = Pick<PostgresDatabase, 'db' | 'schema'>;

export interface PostgresOptions {
  /** Connections of the pool; 10 by default. */
  readonly connections?: number;
  /** The schema of the tables; the first one in the search path of the connection by default. */
  readonly schema?: string | null;
  /** Whether statements with a name are prepared; true by default. */
  readonly prepares?: boolean;
  /** Maximum time of a statement, after which its connection counts as lost, in milliseconds; no limit by default. */
  readonly answer_ms?: number;
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

/**
 * Begins a transaction. A node that stops inside one, for example because its process or its machine is suspended, must
 * not hold its locks, for which all other nodes would wait.
 */
export const BEGIN =
  'begin; set local idle_in_transaction_session_timeout = 5000; set local lock_timeout = 10000';

class BoundedDriver extends PostgresDriver {
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw(BEGIN));
  }
}

const orStorageError = async <T>(work: Promise<T>): Promise<T> => {
  try {
    return await work;
  } catch (error) {
    throw isServerFault(error) ? toStorageError(error) : error;
  }
};

class CoercingDriver extends BoundedDriver {
  readonly #coercing = new WeakSet<DatabaseConnection>();

  override async acquireConnection(): Promise<DatabaseConnection> {
    const connection = await orStorageError(super.acquireConnection());
    if (this.#coercing.has(connection)) return connection;
    this.#coercing.add(connection);
    const execute = connection.executeQuery.bind(connection);
    connection.executeQuery = (query) => orStorageError(execute(query));
    return connection;
  }
}

class Dialect extends PostgresDialect {
  readonly #pool: PostgresPool;
  readonly #Driver: typeof BoundedDriver;

  constructor(pool: PostgresPool, Driver: typeof BoundedDriver = BoundedDriver) {
    super({ pool });
    this.#pool = pool;
    this.#Driver = Driver;
  }

  override createDriver(): BoundedDriver {
    return new this.#Driver({ pool: this.#pool });
  }

  override createAdapter(): PostgresAdapter {
    return new Adapter();
  }
}

/** Each name is qualified: a pooler ignores or shares the search path of a session. */
const inSchema = (db: Kysely<Schema>, schema: string | null): Kysely<Schema> =>
  schema === null ? db : db.withPlugin(qualifiedTables(schema));

/** Connects to a database on demand: a server that is unreachable fails the first statement. */
export const openPostgres = (url: string, options: PostgresOptions = {}): PostgresDatabase => {
  const pool = new Pool({
    connectionString: url,
    types,
    max: options.connections ?? CONNECTIONS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    // A statement does not wait for the answers to those before it.
    pipeline: true,
    application_name: 'bellwire',
    // On a network that loses everything, the connection itself would wait for a quarter of an hour.
    ...(options.answer_ms === undefined ? {} : { query_timeout: options.answer_ms }),
  });
  // An idle connection has ended: the pool has discarded it, and the next statement opens another one.
  pool.on('error', () => undefined);
  // A connection that is lost between two statements fails the next one.
  pool.on('connect', (client) => void client.on('error', () => undefined));
  const { schema = null, prepares = true } = options;
  const db = inSchema(new Kysely<Schema>({ dialect: new Dialect(createKyselyPool(pool)) }), schema);
  const days = new Days(db);
  return {
    db,
    reader: db,
    pool,
    schema,
    prepared: { is_on: prepares, version: 0 },
    days,
    close: () => {
      days.close();
      return db.destroy();
    },
  };
};

/** The same database, in which a fault of the server or of the connection is a BellwireError `storage_failed`. */
export const withStorageErrors = ({ pool, schema }: PostgresDatabase): Kysely<Schema> =>
  inSchema(new Kysely<Schema>({ dialect: new Dialect(createKyselyPool(pool), CoercingDriver) }), schema);

/** The schema in which unqualified names are created. */
const currentSchema = async (db: Kysely<Schema>): Promise<string> => {
  const { rows } = await sql<{ name: string | null }>`select current_schema() as name`.execute(db);
  const name = rows[0]?.name ?? null;
  if (name !== null) return name;
  throw new BellwireError(
    'database_not_migrated',
    'The search path of the database role has no schema that it may use. Set BELLWIRE_DATABASE_SCHEMA, or grant the role usage of a schema.',
  );
};

/** SQLSTATE of a statement for which the role has no privilege. */
const NO_PRIVILEGE = '42501';

const notMigrated = (schema: string, cause?: unknown): BellwireError =>
  new BellwireError(
    'database_not_migrated',
    `The schema "${schema}" does not have the tables of this version of Bellwire, and the role of BELLWIRE_DATABASE_URL may not create them. Run "bellwire db:migrate" with a role that may; nothing was changed.`,
    cause === undefined ? {} : { cause },
  );

const mayCreateTables = async (db: Kysely<Schema>, schema: string): Promise<boolean> => {
  const { rows } = await sql<{ may: boolean }>`
    select case when to_regnamespace(${schema}) is null then has_database_privilege(current_database(), 'create')
      else has_schema_privilege(${schema}, 'create') end as may`.execute(db);
  return rows[0]?.may === true;
};

/** The migrations that the tables still need. @throws BellwireError `database_newer` */
export const pendingPostgres = async ({ db, schema }: PostgresTables): Promise<readonly string[]> =>
  pendingMigrations(db, postgresSchema, schema ?? (await currentSchema(db)));

/** The migrations that the tables have had, in order. */
export const appliedPostgres = async ({ db, schema }: PostgresTables): Promise<readonly string[]> =>
  appliedMigrations(db, postgresSchema, schema ?? (await currentSchema(db)));

/**
 * Migrates the tables to this version in one transaction, and creates their schema if it does not exist. Processes that
 * start at the same time do so one after the other, each for at most 30 seconds. If there is nothing to do, a role that
 * may read is enough.
 * @throws BellwireError `database_newer`; `database_not_migrated` if the role may not create tables.
 */
export const migratePostgres = async (tables: PostgresTables): Promise<void> => {
  const { db } = tables;
  const schema = tables.schema ?? (await currentSchema(db));
  if ((await pendingMigrations(db, postgresSchema, schema)).length === 0) return;
  // Not only afterwards: in a transaction that has failed, Kysely reports another error.
  if (!(await mayCreateTables(db, schema))) throw notMigrated(schema);
  try {
    await db.transaction().execute(async (transaction) => {
      await sql`set local lock_timeout = '30s'`.execute(transaction);
      await sql`select pg_advisory_xact_lock(${sql.lit(MIGRATION_LOCK)})`.execute(transaction);
      await migrateToLatest(transaction, postgresSchema, schema);
    });
  } catch (error) {
    throw error instanceof Error && 'code' in error && error.code === NO_PRIVILEGE
      ? notMigrated(schema, error)
      : error;
  }
};
