import DatabaseConstructor from 'better-sqlite3';
import { expect, it } from 'vitest';
import { openSqlite } from '../../packages/server/src/storage/sqlite/database.ts';
import { StatementCache } from '../../packages/server/src/storage/sqlite/statement-cache.ts';

it('a query that runs again through Kysely is not prepared again', async () => {
  const { db, raw, close } = openSqlite(':memory:');
  const prepared: string[] = [];
  const prepare = raw.prepare.bind(raw);
  raw.prepare = (sql: string) => {
    prepared.push(sql);
    return prepare(sql);
  };
  const read = (name: string) => db.selectNoFrom((eb) => eb.val(name).as('name')).execute();
  expect(await read('a')).toEqual([{ name: 'a' }]);
  expect(await read('b')).toEqual([{ name: 'b' }]);
  expect(prepared.filter((sql) => sql.includes('"name"'))).toHaveLength(1);
  await close();
});

it('no number of distinct statements stays prepared', () => {
  const raw = new DatabaseConstructor(':memory:');
  const statements = new StatementCache(raw);
  const first = statements.prepare('select 0');
  for (let n = 1; n <= 100; n += 1) statements.prepare(`select ${n}`);
  expect(statements.prepare('select 100')).toBe(statements.prepare('select 100'));
  expect(statements.prepare('select 0')).not.toBe(first);
  raw.close();
});
