import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import { BellwireError } from '../../core/errors.ts';
import type { Schema } from '../schema.ts';
import type { SchemaDialect } from '../schema-dialect.ts';

// Loaded only for a database that needs one.
const loadMigrations: Readonly<Record<string, (dialect: SchemaDialect) => Promise<Migration>>> = {
  '0001-foundation': async (dialect) => (await import('./0001-foundation.ts')).foundation(dialect),
};

/** The names of the migrations that a database, or one of its schemas, has had, in order. */
export const appliedMigrations = async (
  db: Kysely<Schema>,
  dialect: SchemaDialect,
  schema: string | null,
): Promise<readonly string[]> => {
  // Not the introspection of Kysely, which reads the columns of every table.
  if (!(await dialect.hasTable(db, 'bellwire_migrations', schema))) return [];
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
  const known = Object.keys(loadMigrations);
  const applied = new Set(await appliedMigrations(db, dialect, schema));
  const unknown = [...applied].find((name) => !known.includes(name));
  if (unknown === undefined) return known.filter((name) => !applied.has(name));
  throw new BellwireError(
    'database_newer',
    `This database was written by a newer version of Bellwire (it has the migration ${unknown}). Start that version, or restore a backup from before the upgrade.`,
  );
};

const migrationsFor = async (dialect: SchemaDialect): Promise<Record<string, Migration>> =>
  Object.fromEntries(
    await Promise.all(
      Object.entries(loadMigrations).map(async ([name, load]) => [name, await load(dialect)] as const),
    ),
  );

/**
 * Migrates the tables to this version, with one transaction per migration. A schema that does not exist is created; null
 * where a database has no schemas. Returns whether the database had no tables before.
 * @throws BellwireError `database_newer` if a newer version of Bellwire has migrated the database.
 */
export const migrateToLatest = async (
  db: Kysely<Schema>,
  dialect: SchemaDialect,
  schema: string | null = null,
): Promise<boolean> => {
  const pending = await pendingMigrations(db, dialect, schema);
  if (pending.length === 0) return false;
  const { Migrator } = await import('kysely/migration');
  const migrator = new Migrator({
    db,
    provider: { getMigrations: () => migrationsFor(dialect) },
    migrationTableName: 'bellwire_migrations',
    migrationLockTableName: 'bellwire_migration_locks',
    ...(schema === null ? {} : { migrationTableSchema: schema }),
  });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
  return pending.length === Object.keys(loadMigrations).length;
};
