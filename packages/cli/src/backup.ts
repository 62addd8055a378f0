import { resolve } from 'node:path';
import { readConfig } from '@bellwire/server';
import { type Backup, backUpDatabase } from '@bellwire/server/databases';
import { Command } from 'commander';
import { readConfigFile } from './config-file.ts';
import { inFolder, type Shell } from './frame/shell.ts';
import { createOut } from './frame/out.ts';

interface Options {
  readonly databaseUrl?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

const keysOf = ({ key_file }: Backup): string =>
  key_file === null
    ? 'To decrypt its secrets, you also need BELLWIRE_ENCRYPTION_KEYS.'
    : `To decrypt its secrets, you also need ${key_file} (or BELLWIRE_ENCRYPTION_KEYS).`;

const format = (backup: Backup): string =>
  [
    `Wrote ${backup.file}: ${backup.bytes} bytes, ${backup.workspaces} workspaces, ${backup.hooks} hooks, ${backup.events} events, ${backup.deliveries} deliveries.`,
    `${keysOf(backup)} Keep the keys apart from the backup.`,
    'A backup keeps data that is deleted or erased later: delete it when you no longer need it.',
  ].join('\n');

/** The command `bellwire backup`, which copies the database itself, without the server. */
export const backupCommand = (shell: Shell): Command =>
  new Command('backup')
    .description(
      'Copy the database to a file, while the server runs or while it is stopped. The copy is complete, checked, and readable only by you.',
    )
    .argument('<file>', 'the backup, such as backup.db')
    .option('--database-url <url>', 'the database: `file:` and a path (BELLWIRE_DATABASE_URL)')
    .option('--force', 'replace an existing file')
    .option('--json', 'print JSON')
    .action(async (file: string, { databaseUrl, force, json }: Options) => {
      const configured = await readConfigFile(shell.folder);
      const { database_url } = readConfig(
        { database_url: databaseUrl },
        { database_url: shell.env['BELLWIRE_DATABASE_URL'] },
        { database_url: configured.settings.database_url },
      );
      const backup = backUpDatabase({
        database_url: inFolder(shell, database_url),
        file: resolve(shell.folder, file),
        force: force === true,
      });
      createOut(shell, json === true).print(backup, format);
    });
