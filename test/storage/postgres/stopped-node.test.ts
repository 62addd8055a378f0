import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { openPostgres } from '../../../packages/server/src/storage/postgres/database.ts';
import { transact } from '../../../packages/server/src/storage/postgres/session.ts';
import { postgres, startPostgres } from '../../support/postgres-server.ts';
import { skipReason } from '../../support/programs.ts';

test.skipIf('missing' in postgres)(
  `a node that stops inside a transaction holds its locks for seconds, and its writes are lost${skipReason(postgres)}`,
  async () => {
    await using server = await startPostgres();
    await using database = await server.createDatabase();
    const [stopped, other] = [openPostgres(database.url), openPostgres(database.url)];
    try {
      await sql`create table counts (n int)`.execute(other.db);
      await sql`insert into counts values (0)`.execute(other.db);
      const resumed = Promise.withResolvers<void>();
      const locked = Promise.withResolvers<void>();
      const running = transact(
        stopped,
        () => Promise.resolve(),
        async (session) => {
          await session.run(sql`update counts set n = n + 100`);
          locked.resolve();
          await resumed.promise;
          await session.run(sql`update counts set n = n + 100`);
        },
      );
      const failure = expect(running).rejects.toThrow();
      await locked.promise;
      // Waits for the lock.
      await other.db.transaction().execute((trx) => sql`update counts set n = n + 1`.execute(trx));
      resumed.resolve();
      await failure;
      expect((await sql`select n from counts`.execute(other.db)).rows).toEqual([{ n: 1 }]);
    } finally {
      await stopped.close();
      await other.close();
    }
  },
);
