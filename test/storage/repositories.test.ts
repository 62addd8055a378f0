import { migrateToLatest } from '../../packages/server/src/storage/migrations/migrate.ts';
import { openSqlite } from '../../packages/server/src/storage/sqlite/database.ts';
import { sqliteSchema } from '../../packages/server/src/storage/sqlite/schema-dialect.ts';
import { describeRepositories } from './repositories.ts';

describeRepositories('SQLite', async () => {
  const { db, close } = openSqlite(':memory:');
  await migrateToLatest(db, sqliteSchema);
  return { db, [Symbol.asyncDispose]: close };
});
