import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { openPostgres } from '../../../packages/server/src/storage/postgres/database.ts';
import { type Session, transact } from '../../../packages/server/src/storage/postgres/session.ts';
import { postgres, startPostgres } from '../../support/postgres-server.ts';
import { skipReason } from '../../support/programs.ts';

const failWith = (code: string) =>
  sql`do ${sql.raw(`$$ begin raise exception 'disturbed' using errcode = '${code}'; end $$`)}`;

test.skipIf('missing' in postgres)(
  `a transaction that was disturbed runs again, even if the error of a later statement is seen first${skipReason(postgres)}`,
  async () => {
    await using server = await startPostgres();
    await using database = await server.createDatabase();
    const opened = openPostgres(database.url);
    let runs = 0;
    const work = async (session: Session) => {
      runs += 1;
      // Both statements are sent before the first is answered.
      const first = session.run(runs === 1 ? failWith('40001') : sql`select 1`);
      const second = session.all(sql`select 2 as n`);
      const [seen] = await Promise.all([second, first.catch(() => 0)]);
      return seen;
    };
    try {
      expect(await transact(opened, () => Promise.resolve(), work)).toEqual([{ n: 2 }]);
      expect(runs).toBe(2);
    } finally {
      await opened.close();
    }
  },
);
