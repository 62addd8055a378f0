import { PGlite, types } from '@electric-sql/pglite';
import { Kysely, PGliteDialect, sql } from 'kysely';
import { migrateToLatest } from '../../packages/server/src/storage/migrations/migrate.ts';
import { postgresSchema } from '../../packages/server/src/storage/postgres/schema-dialect.ts';
import type { Schema } from '../../packages/server/src/storage/schema.ts';

export interface PgliteDatabase extends AsyncDisposable {
  readonly db: Kysely<Schema>;
  /** Deletes every row of our tables. */
  readonly clear: () => Promise<void>;
}

/** A `bigint` of PostgreSQL, which drivers receive as text, as a number. */
const toSafeInteger = (text: string): number => {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} is beyond what a number holds exactly`);
  return value;
};

/** Orders text by language (a, A, b, B) unless a column says otherwise, as most servers do. */
const BY_LANGUAGE = ['--locale-provider=icu', '--icu-locale=und'];

const MIGRATIONS: ReadonlySet<string> = new Set(['bellwire_migrations', 'bellwire_migration_locks']);

/** PostgreSQL inside this process, with our tables. It takes seconds to start: one serves a whole file of tests. */
export const openPglite = async (): Promise<PgliteDatabase> => {
  const pglite = await PGlite.create({
    initDbStartParams: BY_LANGUAGE,
    parsers: { [types.INT8]: toSafeInteger },
  });
  const db = new Kysely<Schema>({ dialect: new PGliteDialect({ pglite }) });
  await migrateToLatest(db, postgresSchema);
  const tables = (await db.introspection.getTables()).filter(({ name }) => !MIGRATIONS.has(name));
  // One statement, whose foreign keys are checked at its end; and not `truncate`, which makes new files: ten times slower.
  const deletions = tables.map(
    ({ name }) => sql`${sql.ref(`from_${name}`)} as (delete from ${sql.table(name)})`,
  );
  return {
    db,
    clear: async () => {
      await sql`with ${sql.join(deletions)} select`.execute(db);
    },
    [Symbol.asyncDispose]: () => db.destroy(),
  };
};
