import { sql } from 'kysely';
import { afterAll, describe, expect, test } from 'vitest';
import { openEmptiedPostgres } from '../../support/postgres-database.ts';
import { postgres } from '../../support/postgres-server.ts';
import { skipReason } from '../../support/programs.ts';
import { describeRepositories } from '../repositories.ts';

let opened: ReturnType<typeof openEmptiedPostgres> | null = null;

const openPostgres = async () => {
  opened ??= openEmptiedPostgres();
  const { db, clear } = await opened;
  return { db, [Symbol.asyncDispose]: clear };
};

describe.skipIf('missing' in postgres)(`on a server${skipReason(postgres)}`, () => {
  describeRepositories('PostgreSQL', openPostgres);

  test('an integer beyond 2^53 is refused, not rounded', async () => {
    await using database = await openPostgres();
    const read = (text: string) =>
      sql<{ n: number }>`select ${sql.raw(text)}::bigint as n`.execute(database.db);
    expect((await read('9007199254740991')).rows).toEqual([{ n: Number.MAX_SAFE_INTEGER }]);
    await expect(read('9007199254740993')).rejects.toThrow(RangeError);
  });

  afterAll(async () => {
    await (await opened)?.[Symbol.asyncDispose]();
  });
});
