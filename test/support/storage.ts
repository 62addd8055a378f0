import { readFile } from 'node:fs/promises';
import Database from 'better-sqlite3';
import { Kysely, sql, SqliteDialect } from 'kysely';
import { afterAll, inject } from 'vitest';
import { openPostgres, type PostgresDatabase } from '../../packages/server/src/storage/postgres/database.ts';
import type { Schema } from '../../packages/server/src/storage/schema.ts';
import type { SettingTexts } from '../../packages/server/src/index.ts';
import { createClear, tablesOf } from './postgres-database.ts';
import { databasesOf } from './postgres-server.ts';
import type { Found } from './programs.ts';

const shared = inject('shared_postgres') ?? null;

/** The database of this project's tests. */
export const storage = shared === null ? 'SQLite' : 'PostgreSQL';

/** For tests that are about SQLite itself, such as the bytes of its file. */
export const sqliteItself: Found =
  shared === null ? { command: 'SQLite' } : { missing: 'it is about SQLite itself' };

/** The port of the server that all files share. */
export const database_port = shared === null ? null : Number(new URL(shared.url).port);

/** A PostgreSQL database with our tables that is open. Disposing empties it for the next test of the file. */
export interface SharedDatabase extends AsyncDisposable {
  readonly url: string;
  readonly database: PostgresDatabase;
}

const urlOf = (database: string): string => {
  const url = new URL(shared?.url ?? '');
  url.pathname = `/${database}`;
  return url.href;
};

const openNew = async () => {
  const created = await databasesOf(urlOf).createDatabase({ from: shared?.template ?? '' });
  const database = openPostgres(created.url);
  const clear = await createClear(database);
  return { created, database, clear };
};

const all: Awaited<ReturnType<typeof openNew>>[] = [];
const unused: typeof all = [];

/** An empty database of the server that all files share. */
export const takePostgres = async (): Promise<SharedDatabase> => {
  let one = unused.pop();
  if (one === undefined) {
    one = await openNew();
    all.push(one);
  }
  const { created, database, clear } = one;
  return {
    url: created.url,
    database,
    [Symbol.asyncDispose]: async () => {
      // A test can have broken its tables.
      const is_empty = await clear().then(
        () => true,
        () => false,
      );
      if (is_empty) unused.push(one);
    },
  };
};

if (shared !== null) {
  // Hooks run in the reverse order: after those that stop the servers of a file.
  afterAll(async () => {
    for (const { created, database } of all) {
      await database.close();
      await created[Symbol.asyncDispose]();
    }
  });
}

/** The database of a server, beside it. */
export interface OpenBeside extends AsyncDisposable {
  readonly db: Kysely<Schema>;
  /** The names of our tables. */
  readonly tables: () => Promise<readonly string[]>;
  /** The number of rows of a table. */
  readonly count: (table: string) => Promise<number>;
}

const FILE = 'file:';

/** Opens the database of a running server, to read and change its rows. */
export const openBeside = (database_url: string): OpenBeside => {
  const db = database_url.startsWith(FILE)
    ? new Kysely<Schema>({
        dialect: new SqliteDialect({ database: new Database(database_url.slice(FILE.length)) }),
      })
    : openPostgres(database_url, { connections: 1 }).db;
  const dynamic = db.withTables<Record<string, object>>();
  return {
    db,
    tables: async () => {
      if (!database_url.startsWith(FILE)) return tablesOf({ db });
      const names = (await db.introspection.getTables()).map(({ name }) => name);
      return names.filter((name) => name.startsWith('bellwire_')).toSorted();
    },
    count: async (table) => {
      const { count } = await dynamic
        .selectFrom(table)
        .select(({ fn }) => fn.countAll<number | string>().as('count'))
        .executeTakeFirstOrThrow();
      return Number(count);
    },
    [Symbol.asyncDispose]: () => db.destroy(),
  };
};

/** From now on, the database refuses to change rows of the table. */
export const refuseUpdates = async ({ db }: OpenBeside, table: string): Promise<void> => {
  const statements =
    storage === 'SQLite'
      ? [`create trigger refused before update on ${table} begin select raise(abort, 'refused'); end`]
      : [
          `create function refuse() returns trigger language plpgsql as 'begin raise exception ''refused''; end'`,
          `create trigger refused before update on ${table} for each row execute function refuse()`,
        ];
  for (const statement of statements) await sql.raw(statement).execute(db);
};

/** PostgreSQL cannot store U+0000, and replaces it. */
export const asStored = (text: string): string =>
  storage === 'SQLite' ? text : text.replaceAll('\u0000', '\uFFFD');

/** Where a server has stored something, with the bytes as latin1: its files, or all values of all tables. */
export const readStored = async (database_url: string): Promise<Readonly<Record<string, string>>> => {
  if (database_url.startsWith(FILE)) {
    const path = database_url.slice(FILE.length);
    return { database: await readFile(path, 'latin1'), wal: await readFile(`${path}-wal`, 'latin1') };
  }
  await using beside = openBeside(database_url);
  const values = [];
  for (const table of await beside.tables()) {
    const { rows } = await sql<{ value: string | null }>`
      select field.value from ${sql.table(table)} as row, jsonb_each_text(to_jsonb(row)) as field`.execute(
      beside.db,
    );
    for (const { value } of rows) values.push(value);
  }
  return { rows: Buffer.from(values.join('\n')).toString('latin1') };
};

/** The database of one or more servers that run one after the other. */
export interface ServerStorage extends AsyncDisposable {
  readonly settings: SettingTexts & { readonly database_url: string };
}

/** The keys of servers on PostgreSQL, which would otherwise be in the working folder. */
const ENCRYPTION_KEYS = `test:${Buffer.alloc(32, 7).toString('base64')}`;

/** An empty database for servers: a file in the folder, or one of PostgreSQL. */
export const createServerStorage = async (folder: string): Promise<ServerStorage> => {
  if (shared === null) {
    return {
      settings: { database_url: `file:${folder}/bellwire.db` },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }
  const { url, [Symbol.asyncDispose]: dispose } = await takePostgres();
  return {
    settings: { database_url: url, encryption_keys: ENCRYPTION_KEYS },
    [Symbol.asyncDispose]: dispose,
  };
};
