import { expect, test } from 'vitest';
import { sql } from 'kysely';
import {
  migratePostgres,
  openPostgres,
  pendingPostgres,
  type PostgresDatabase,
} from '../../../packages/server/src/storage/postgres/database.ts';
import { startMigratedPostgres } from '../../support/postgres-database.ts';
import { postgres, startPostgres } from '../../support/postgres-server.ts';
import { skipReason } from '../../support/programs.ts';
import { VIRTUAL_START } from '../../support/virtual-clock.ts';

test.skipIf('missing' in postgres)(
  `processes that start at the same time migrate one after the other${skipReason(postgres)}`,
  async () => {
    await using migrated = await startMigratedPostgres();
    await using empty = await migrated.server.createDatabase();
    const nodes = Array.from({ length: 4 }, () => openPostgres(empty.url));
    try {
      await Promise.all(nodes.map((node) => migratePostgres(node)));
      const rows = await nodes[0]!.db
        .withTables<{ bellwire_migrations: { name: string } }>()
        .selectFrom('bellwire_migrations')
        .select('name')
        .execute();
      expect(rows.map(({ name }) => name)).toEqual(['0001-foundation']);
    } finally {
      await Promise.all(nodes.map(({ close }) => close()));
    }
  },
);

const openIn = (schema: string, url: string): PostgresDatabase & AsyncDisposable => {
  const database = openPostgres(url, { schema });
  return { ...database, [Symbol.asyncDispose]: database.close };
};

const tablesIn = async ({ db }: PostgresDatabase, schema: string): Promise<readonly string[]> =>
  (await db.introspection.getTables({ withInternalKyselyTables: true }))
    .filter((table) => table.schema === schema)
    .map(({ name }) => name);

test.skipIf('missing' in postgres)(
  `tables are in the configured schema, beside those of another one${skipReason(postgres)}`,
  async () => {
    await using server = await startPostgres();
    await using database = await server.createDatabase();
    await using first = openIn('one', database.url);
    await using second = openIn('two', database.url);
    await migratePostgres(first);
    expect(await tablesIn(first, 'public')).toEqual([]);
    expect(await tablesIn(first, 'one')).toContain('bellwire_migrations');
    // The tables of the first one do not count for the second one.
    expect(await pendingPostgres(second)).toEqual(['0001-foundation']);
    await migratePostgres(second);
    expect(await tablesIn(first, 'two')).toEqual(await tablesIn(first, 'one'));
    await first.db.insertInto('bellwire_meta').values({ key: 'a', value: 'one' }).execute();
    expect(await second.db.selectFrom('bellwire_meta').selectAll().execute()).toEqual([]);
  },
);

test.skipIf('missing' in postgres)(
  `a role that may not create tables is refused with the command that creates them, and uses them then${skipReason(postgres)}`,
  async () => {
    await using server = await startPostgres();
    await using database = await server.createDatabase();
    await using owner = openIn('hooks', database.url);
    const role = new URL(database.url);
    role.username = 'bellwire_app';
    await using app = openIn('hooks', role.href);
    await sql`create role bellwire_app login`.execute(owner.db);
    await sql`create schema hooks`.execute(owner.db);
    await sql`grant usage on schema hooks to bellwire_app`.execute(owner.db);
    const refused = migratePostgres(app);
    await expect(refused).rejects.toMatchObject({ code: 'database_not_migrated' });
    await expect(refused).rejects.toThrow('bellwire db:migrate');
    await migratePostgres(owner);
    await sql`grant select, insert, update, delete on all tables in schema hooks to bellwire_app`.execute(
      owner.db,
    );
    await migratePostgres(app);
    await app.db.insertInto('bellwire_meta').values({ key: 'a', value: 'b' }).execute();
    expect(await app.db.selectFrom('bellwire_meta').selectAll().execute()).toHaveLength(1);
    // The partitions of days belong to the owner of the tables.
    await expect(app.days.create([VIRTUAL_START])).rejects.toThrow('grant it execute');
    await sql`grant execute on all functions in schema hooks to bellwire_app`.execute(owner.db);
    await app.days.create([VIRTUAL_START]);
    const { rows } = await sql<{ owner: string }>`
      select tableowner as owner from pg_tables where tablename = 'bellwire_events_20260105'`.execute(app.db);
    expect(rows).toEqual([{ owner: 'postgres' }]);
  },
);
