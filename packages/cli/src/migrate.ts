import { readConfig } from '@bellwire/server';
import { type CompletedMove, runMove } from '@bellwire/server/databases';
import { Command } from 'commander';
import { readConfigFile } from './config-file.ts';
import { createOut, type Out } from './frame/out.ts';
import { inFolder, type Shell } from './frame/shell.ts';
import type { Style } from './print/style.ts';
import { printTable } from './print/table.ts';

interface Options {
  readonly from: string;
  readonly to: string;
  readonly databaseSchema?: string;
  readonly restart?: boolean;
  readonly json?: boolean;
}

type Table = CompletedMove['tables'][number];

const columns = [
  { title: 'TABLE', of: ({ table }: Table) => table },
  { title: 'ROWS', of: ({ rows }: Table) => rows },
  { title: 'CHECKSUM', of: ({ checksum }: Table) => checksum },
] as const;

const summaryOf = ({ began, rows, from, to }: CompletedMove): string => {
  if (began === 'complete') return `${to} already had all ${rows} rows of ${from}. Nothing was copied.`;
  const how = began === 'resumed' ? 'Continued an interrupted run and completed it: ' : '';
  return `${how}${rows} rows of ${from} are in ${to}. Both were read completely, and every table has the same rows.`;
};

const replacedIn = ({ replaced }: CompletedMove): readonly string[] =>
  replaced === 0
    ? []
    : [
        `${replaced} rows contain the character U+0000, which PostgreSQL cannot store. The copy has U+FFFD in its place.`,
      ];

const adviceOn = ({ from, key_file }: CompletedMove): readonly string[] => [
  key_file === null
    ? 'Start the server with BELLWIRE_DATABASE_URL set to the new database and with the same BELLWIRE_ENCRYPTION_KEYS.'
    : `Start the server with BELLWIRE_DATABASE_URL set to the new database. It needs the keys of ${key_file}, in that file or in BELLWIRE_ENCRYPTION_KEYS.`,
  `Do not start a server on ${from} again: it would send the waiting deliveries a second time.`,
];

const print = (move: CompletedMove, style: Style): string =>
  [
    printTable(move.tables, columns, style).trimEnd(),
    '',
    summaryOf(move),
    ...replacedIn(move),
    ...adviceOn(move),
  ].join('\n');

/** Rows between two notes about one table. */
const NOTE_EVERY = 100_000;

const noteRows = (out: Out): ((table: string, rows: number) => void) => {
  let [noted, at] = ['', 0];
  return (table, rows) => {
    if (table === noted && rows - at < NOTE_EVERY) return;
    if (table !== noted) out.note(`Copying ${table}…`);
    else out.note(`${rows} rows…`);
    [noted, at] = [table, rows];
  };
};

const run = async (shell: Shell, { from, to, databaseSchema, restart, json }: Options): Promise<void> => {
  const out = createOut(shell, json === true);
  const file = await readConfigFile(shell.folder);
  const { encryption_keys, database_schema } = readConfig(
    { database_schema: databaseSchema },
    {
      encryption_keys: shell.env['BELLWIRE_ENCRYPTION_KEYS'] || undefined,
      database_schema: shell.env['BELLWIRE_DATABASE_SCHEMA'] || undefined,
    },
    { encryption_keys: file.settings.encryption_keys, database_schema: file.settings.database_schema },
  );
  const move = await runMove({
    from: inFolder(shell, from),
    to: inFolder(shell, to),
    folder: shell.folder,
    encryption_keys: encryption_keys ?? null,
    database_schema: database_schema ?? null,
    restart: restart === true,
    onRows: noteRows(out),
    onCompare: () => out.note('Comparing both databases…'),
  });
  out.print(move, print);
};

/** The command `bellwire migrate`, which copies one database to another, without a server. */
export const migrateCommand = (shell: Shell): Command =>
  new Command('migrate')
    .description(
      'Copy everything from one database to another, from a file to PostgreSQL or back, while no server uses either. Ids, secrets and keys stay the same. At the end, it compares both databases. It can be interrupted and run again; until it is complete, no server starts on the new database.',
    )
    .requiredOption('--from <url>', 'the database to copy: `file:` and a path, or `postgres://…`')
    .requiredOption('--to <url>', 'an empty database, in the same form')
    .option('--database-schema <name>', 'the schema of the tables in PostgreSQL (BELLWIRE_DATABASE_SCHEMA)')
    .option('--restart', 'delete what an interrupted run has copied, and begin again')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  bellwire migrate --from file:.bellwire/bellwire.db --to postgres://bellwire@db.internal/bellwire\n  bellwire migrate --from postgres://bellwire@db.internal/bellwire --to file:back/bellwire.db',
    )
    .action((options: Options) => run(shell, options));
