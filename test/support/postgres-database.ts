import { sql } from 'kysely';
import { Client } from 'pg';
import {
  migratePostgres,
  openPostgres,
  type PostgresDatabase,
  type PostgresOptions,
} from '../../packages/server/src/storage/postgres/database.ts';
import { DAY_TABLES } from '../../packages/server/src/storage/postgres/day-tables.ts';
import { type PostgresServer, startPostgres } from './postgres-server.ts';
import { VIRTUAL_START } from './virtual-clock.ts';

const MIGRATIONS: ReadonlySet<string> = new Set(['bellwire_migrations', 'bellwire_migration_locks']);

/** Our tables, with the partitions that rows of tests need. */
const migrate = async (database: PostgresDatabase): Promise<void> => {
  await migratePostgres(database);
  for (const now of [VIRTUAL_START, Date.now()]) await database.days.createAhead(now);
};

/** The same in a database of this URL. */
const migrateTo = async (url: string): Promise<void> => {
  const database = openPostgres(url);
  try {
    await migrate(database);
  } finally {
    await database.close();
  }
};

/** The names of our tables, without partitions, whose rows are those of their parents. */
export const tablesOf = async ({ db }: Pick<PostgresDatabase, 'db'>): Promise<readonly string[]> => {
  const { sql: meta } = sql`${sql.table('bellwire_meta')}`.compile(db);
  const { rows } = await sql<{ name: string }>`
    select relname as name from pg_class where relkind in ('r', 'p') and not relispartition
      and relname like 'bellwire\\_%'
      and relnamespace = (select relnamespace from pg_class where oid = ${meta}::regclass) order by relname`.execute(
    db,
  );
  return rows.map(({ name }) => name);
};

/** Creates partitions for rows whose ids are of no day. */
export const acceptAnyId = async ({ db }: Pick<PostgresDatabase, 'db'>): Promise<void> => {
  for (const { name } of DAY_TABLES) {
    await sql`create table ${sql.table(`${name}_any`)} partition of ${sql.table(name)} default`.execute(db);
  }
};

export interface MigratedServer extends AsyncDisposable {
  readonly server: PostgresServer;
  /** The name of a database with our tables, to be copied. */
  readonly template: string;
  /** A new database with our tables. */
  readonly createDatabase: PostgresServer['createDatabase'];
}

/** A PostgreSQL with a template of our tables. A file of tests shares one. */
export const startMigratedPostgres = async (
  options: Parameters<typeof startPostgres>[0] = {},
): Promise<MigratedServer> => {
  const server = await startPostgres(options);
  const from = await server.createTemplate(migrateTo);
  return {
    server,
    template: from,
    createDatabase: () => server.createDatabase({ from }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
};

/** Creates a function that deletes the rows of our tables, which is faster than a new database for each test. */
export const createClear = async ({ db }: Pick<PostgresDatabase, 'db'>): Promise<() => Promise<void>> => {
  const tables = (await tablesOf({ db })).filter((name) => !MIGRATIONS.has(name));
  // One statement checks foreign keys at its end. `truncate` creates new files and is ten times slower.
  const deletions = tables.map((name) => sql`${sql.ref(`from_${name}`)} as (delete from ${sql.table(name)})`);
  const statement = sql`with ${sql.join(deletions)} select`.compile(db);
  return async () => void (await db.executeQuery(statement));
};

/** One database with our tables, emptied between tests. */
export const openEmptiedPostgres = async (
  options: PostgresOptions = {},
): Promise<
  PostgresDatabase & AsyncDisposable & { readonly url: string; readonly clear: () => Promise<void> }
> => {
  const server = await startPostgres();
  const { url } = await server.createDatabase();
  const database = openPostgres(url, options);
  await migrate(database);
  return {
    ...database,
    url,
    clear: await createClear(database),
    [Symbol.asyncDispose]: async () => {
      await database.close();
      await server[Symbol.asyncDispose]();
    },
  };
};

/** An idle transaction with a snapshot: until it ends, vacuum keeps every row that it could see. */
export const pinHorizon = async (url: string): Promise<AsyncDisposable> => {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query('begin isolation level repeatable read');
  await client.query('select 1');
  return { [Symbol.asyncDispose]: () => client.end() };
};
