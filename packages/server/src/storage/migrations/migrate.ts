import type { Kysely } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { BellwireError } from '../../core/errors.ts';
import type { Schema } from '../schema.ts';
import type { SchemaDialect } from '../schema-dialect.ts';
import { foundation } from './0001-foundation.ts';

const migrationsFor = (dialect: SchemaDialect): Readonly<Record<string, Migration>> => ({
  '0001-foundation': foundation(dialect),
});

const refuseNewer = async (db: Kysely<Schema>, known: ReadonlySet<string>): Promise<void> => {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some((table) => table.name === 'bellwire_migrations')) return;
  const applied = await db
    .withTables<{ bellwire_migrations: { name: string } }>()
    .selectFrom('bellwire_migrations')
    .select('name')
    .execute();
  const unknown = applied.find(({ name }) => !known.has(name));
  if (unknown === undefined) return;
  throw new BellwireError(
    'database_newer',
    `This database was written by a newer version of Bellwire (it has the migration ${unknown.name}). Start that version, or restore a backup from before the upgrade.`,
  );
};

/**
 * Migrates the tables to this version, with one transaction per migration.
 * @throws BellwireError `database_newer` if a newer version of Bellwire has migrated the database.
 */
export const migrateToLatest = async (db: Kysely<Schema>, dialect: SchemaDialect): Promise<void> => {
  const migrations = migrationsFor(dialect);
  await refuseNewer(db, new Set(Object.keys(migrations)));
  const migrator = new Migrator({
    db,
    provider: { getMigrations: () => Promise.resolve(migrations) },
    migrationTableName: 'bellwire_migrations',
    migrationLockTableName: 'bellwire_migration_locks',
  });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
};
