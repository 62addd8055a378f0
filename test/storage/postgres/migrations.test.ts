import { expect, test } from 'vitest';
import { migratePostgres, openPostgres } from '../../../packages/server/src/storage/postgres/database.ts';
import { startMigratedPostgres } from '../../support/postgres-database.ts';
import { postgres } from '../../support/postgres-server.ts';
import { skipReason } from '../../support/programs.ts';

test.skipIf('missing' in postgres)(
  `processes that start at the same time migrate one after the other${skipReason(postgres)}`,
  async () => {
    await using migrated = await startMigratedPostgres();
    await using empty = await migrated.server.createDatabase();
    const nodes = Array.from({ length: 4 }, () => openPostgres(empty.url));
    try {
      await Promise.all(nodes.map(({ db }) => migratePostgres(db)));
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
