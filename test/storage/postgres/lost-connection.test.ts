import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { openPostgres } from '../../../packages/server/src/storage/postgres/database.ts';
import { startMigratedPostgres } from '../../support/postgres-database.ts';
import { postgres } from '../../support/postgres-server.ts';
import { skipReason } from '../../support/programs.ts';
import { openPostgresStore } from '../../support/test-store.ts';
import { createKit, OK } from '../conformance/kit.ts';

test.skipIf('missing' in postgres)(
  `a connection that is lost while the items of a refused batch are stored one by one fails no delivery${skipReason(postgres)}`,
  async () => {
    await using server = await startMigratedPostgres();
    await using database = await server.createDatabase();
    await using opened = openPostgresStore(database.url);
    const kit = createKit(opened);
    const admin = openPostgres(database.url, { connections: 1 });
    try {
      const pair = await kit.pair();
      const [bad, good] = [await kit.leaseFor(pair), await kit.leaseFor(pair)];
      await sql`create function lose_connection() returns trigger language plpgsql as
        'begin perform pg_terminate_backend(pg_backend_pid()); return null; end'`.execute(admin.db);
      await sql`create trigger lose_connection after insert on bellwire_attempts
        for each row when (new.delivery_id = ${sql.lit(good.delivery.id)}) execute function lose_connection()`.execute(
        admin.db,
      );
      const attempted = kit.attempted(bad, OK);
      const refused = { ...attempted, attempt: { ...attempted.attempt, started_at: Number.NaN } };
      const both = { settlements: [refused, kit.attempted(good, OK)] };
      await expect(kit.commit(both)).rejects.toMatchObject({ code: 'storage_failed' });
      expect((await kit.row(good)).status).toBe('sending');
      await sql`drop trigger lose_connection on bellwire_attempts`.execute(admin.db);
      const { settled } = await kit.commit(both);
      expect(settled.map(({ kind }) => kind)).toEqual(['rejected', 'settled']);
      expect((await kit.row(good)).status).toBe('succeeded');
    } finally {
      await admin.close();
    }
  },
);
