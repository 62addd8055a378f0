import { sql } from 'kysely';
import { afterAll, expect, test } from 'vitest';
import { openPglite } from '../support/pglite.ts';
import { describeRepositories } from './repositories.ts';

let postgres: ReturnType<typeof openPglite> | null = null;

const openPostgres = async () => {
  postgres ??= openPglite();
  const { db, clear } = await postgres;
  return { db, [Symbol.asyncDispose]: clear };
};

// PGlite has one connection, so conflicts between concurrent transactions are not covered.
describeRepositories('PostgreSQL in this process', openPostgres);

test('an integer beyond 2^53 is refused, not rounded', async () => {
  await using database = await openPostgres();
  const read = (text: string) =>
    sql<{ n: number }>`select ${sql.raw(text)}::bigint as n`.execute(database.db);
  expect((await read('9007199254740991')).rows).toEqual([{ n: Number.MAX_SAFE_INTEGER }]);
  await expect(read('9007199254740993')).rejects.toThrow(RangeError);
});

afterAll(async () => {
  await (await postgres)?.[Symbol.asyncDispose]();
});
