import { readConfig } from '@bellwire/server';
import { migrateDatabase, type Migrated } from '@bellwire/server/databases';
import { Command } from 'commander';
import { readConfigFile } from './config-file.ts';
import { createOut } from './frame/out.ts';
import { inFolder, type Shell } from './frame/shell.ts';

interface Options {
  readonly databaseUrl?: string;
  readonly databaseSchema?: string;
  readonly json?: boolean;
}

const print = ({ database, applied }: Migrated): string =>
  applied.length === 0
    ? `${database} has the tables of this version. Nothing was changed.`
    : `${database} now has the tables of this version (${applied.join(', ')}).`;

const run = async (shell: Shell, { databaseUrl, databaseSchema, json }: Options): Promise<void> => {
  const { settings } = await readConfigFile(shell.folder);
  const { database_url, database_schema } = readConfig(
    { database_url: databaseUrl, database_schema: databaseSchema },
    {
      database_url: shell.env['BELLWIRE_DATABASE_URL'] || undefined,
      database_schema: shell.env['BELLWIRE_DATABASE_SCHEMA'] || undefined,
    },
    { database_url: settings.database_url, database_schema: settings.database_schema },
  );
  const migrated = await migrateDatabase({
    database_url: inFolder(shell, database_url),
    database_schema: database_schema ?? null,
  });
  createOut(shell, json === true).print(migrated, print);
};

/** The command `bellwire db:migrate`, which creates or updates the tables without a server. */
export const dbMigrateCommand = (shell: Shell): Command =>
  new Command('db:migrate')
    .description(
      'Create the tables, or update them to this version. `serve` does it itself if its database role may; otherwise, run this command with another role before you start a new version. If there is nothing to do, it changes nothing.',
    )
    .option(
      '--database-url <url>',
      'the database: `file:` and a path, or `postgres://…` (BELLWIRE_DATABASE_URL)',
    )
    .option('--database-schema <name>', 'the schema of the tables in PostgreSQL (BELLWIRE_DATABASE_SCHEMA)')
    .option('--json', 'print JSON')
    .action((options: Options) => run(shell, options));
