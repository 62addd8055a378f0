import type { Kysely } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { BellwireError } from '../../core/errors.ts';
import type { Schema } from '../schema.ts';
import type { SchemaDialect } from '../schema-dialect.ts';
import { foundation } from './0001-foundation.ts';

const migrationsFor = (dialect: SchemaDialect): Readonly<Record<string, Migration>> => ({
  '0001-foundation': foundation(dialect),
});

/** The names of the migrations that a database, or one of its schemas, has had, in order. */
export const appliedMigrations = async (
  db: Kysely<Schema>,
  schema: string | null,
): Promise<readonly string[]> => {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  const exists = tables.some(
    (table) => table.name === 'bellwire_migrations' && (schema === null || table.schema === schema),
  );
  if (!exists) return [];
  const applied = await db
    .withTables<{ bellwire_migrations: { name: string } }>()
    .selectFrom('bellwire_migrations')
    .select('name')
    .orderBy('name')
    .execute();
  return applied.map(({ name }) => name);
};

/**
 * The migrations of this version that a database still needs.
 * @throws BellwireError `database_newer` if a newer version of Bellwire has migrated the database.
 */
export const pendingMigrations = async (
  db: Kysely<Schema>,
  dialect: SchemaDialect,
  schema: string | null = null,
): Promise<readonly string[]> => {
  const known = Object.keys(migrationsFor(dialect));
  const applied = new Set(await appliedMigrations(db, schema));
  const unknown = [...applied].find((name) => !known.includes(name));
  if (unknown === undefined) return known.filter((name) => !applied.has(name));
  throw new BellwireError(
    'database_newer',
    `This database was written by a newer version of Bellwire (it has the migration ${unknown}). Start that version, or restore a backup from before the upgrade.`,
  );
};

/**
 * Migrates the tables to this version, with one transaction per migration. A schema that does not exist is created; null
 * where a database has no schemas.
 * @throws BellwireError `database_newer` if a newer version of Bellwire has migrated the database.
 */
export const migrateToLatest = async (
  db: Kysely<Schema>,
  dialect: SchemaDialect,
  schema: string | null = null,
): Promise<void> => {
  if ((await pendingMigrations(db, dialect, schema)).length === 0) return;
  const migrations = migrationsFor(dialect);
  const migrator = new Migrator({
    db,
    provider: { getMigrations: () => Promise.resolve(migrations) },
    migrationTableName: 'bellwire_migrations',
    migrationLockTableName: 'bellwire_migration_locks',
    ...(schema === null ? {} : { migrationTableSchema: schema }),
  });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
};
