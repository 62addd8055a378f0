import { PGlite, types } from '@electric-sql/pglite';
import { Kysely, PGliteDialect, sql } from 'kysely';
import { migrateToLatest } from '../../packages/server/src/storage/migrations/migrate.ts';
import { postgresSchema } from '../../packages/server/src/storage/postgres/schema-dialect.ts';
import type { Schema } from '../../packages/server/src/storage/schema.ts';

/** Parses a `bigint` of PostgreSQL, which drivers receive as text. */
const toSafeInteger = (text: string): number => {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} is beyond what a number holds exactly`);
  return value;
};

/** Sorts text by language (a, A, b, B) by default, as most servers do. */
const BY_LANGUAGE = ['--locale-provider=icu', '--icu-locale=und'];

const MIGRATIONS: ReadonlySet<string> = new Set(['bellwire_migrations', 'bellwire_migration_locks']);

/** PostgreSQL in this process, with our tables. It takes seconds to start, so a file of tests shares one. */
export const openPglite = async () => {
  const pglite = await PGlite.create({
    initDbStartParams: BY_LANGUAGE,
    parsers: { [types.INT8]: toSafeInteger },
  });
  const db = new Kysely<Schema>({ dialect: new PGliteDialect({ pglite }) });
  await migrateToLatest(db, postgresSchema);
  const tables = (await db.introspection.getTables()).filter(({ name }) => !MIGRATIONS.has(name));
  // One statement checks foreign keys at its end. `truncate` creates new files and is ten times slower.
  const deletions = tables.map(
    ({ name }) => sql`${sql.ref(`from_${name}`)} as (delete from ${sql.table(name)})`,
  );
  return {
    db,
    /** Deletes every row of our tables. */
    clear: async () => {
      await sql`with ${sql.join(deletions)} select`.execute(db);
    },
    [Symbol.asyncDispose]: () => db.destroy(),
  };
};
