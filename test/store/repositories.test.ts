import { sql } from 'kysely';
import { afterAll, expect, test } from 'vitest';
import { migrateToLatest } from '../../packages/server/src/storage/migrations/migrate.ts';
import { openSqlite } from '../../packages/server/src/storage/sqlite/database.ts';
import { sqliteSchema } from '../../packages/server/src/storage/sqlite/schema-dialect.ts';
import { openPglite, type PgliteDatabase } from '../support/pglite.ts';
import { describeRepositories } from './repositories.ts';

describeRepositories('SQLite', async () => {
  const { db, close } = openSqlite(':memory:');
  await migrateToLatest(db, sqliteSchema);
  return { db, [Symbol.asyncDispose]: close };
});

let postgres: Promise<PgliteDatabase> | null = null;

const openPostgres = async () => {
  postgres ??= openPglite();
  const { db, clear } = await postgres;
  return { db, [Symbol.asyncDispose]: clear };
};

// It has one connection: what two transactions of a server do to each other is not shown here.
describeRepositories('PostgreSQL in this process', openPostgres);

test('an integer that a number cannot hold is refused and not rounded', async () => {
  await using database = await openPostgres();
  const read = (text: string) =>
    sql<{ n: number }>`select ${sql.raw(text)}::bigint as n`.execute(database.db);
  expect((await read('9007199254740991')).rows).toEqual([{ n: Number.MAX_SAFE_INTEGER }]);
  await expect(read('9007199254740993')).rejects.toThrow(RangeError);
});

afterAll(async () => {
  await (await postgres)?.[Symbol.asyncDispose]();
});
