// First: it must run before anything else is loaded.
import './check-node.js';
import { existsSync } from 'node:fs';
import type { Database } from 'better-sqlite3';
import { openInboxFile } from './inbox-file.ts';
import { readInboxPath } from './settings.ts';
import { StartError } from './start-error.ts';

const USAGE = `npm run dead-letters                  lists the events that were given up
npm run dead-letters retry <id>       puts one of them back
npm run dead-letters retry all        puts all of them back
`;

interface DeadLetter {
  readonly id: string;
  readonly type: string;
  readonly attempts: number;
  readonly last_error: string;
}

// What stands in an id or an error came from elsewhere: in JSON it cannot play with the terminal.
const lineOf = ({ id, type, attempts, last_error }: DeadLetter): string =>
  [JSON.stringify(id), JSON.stringify(type), `${attempts} attempts`, JSON.stringify(last_error)].join('  ');

const list = (db: Database): string => {
  const letters = db
    .prepare<[], DeadLetter>(
      `select id, type, attempts, last_error from events where state = 'dead' order by seq`,
    )
    .all();
  return letters.length === 0 ? 'There are no dead letters.\n' : `${letters.map(lineOf).join('\n')}\n`;
};

const PUT_BACK = `update events set state = 'waiting', attempts = 0, due_at = 0, settled_at = null where state = 'dead'`;

const putBack = (db: Database, which: string): string => {
  const { changes } =
    which === 'all' ? db.prepare(PUT_BACK).run() : db.prepare(`${PUT_BACK} and id = ?`).run(which);
  if (changes === 0 && which !== 'all')
    throw new StartError(`No dead letter has the id ${JSON.stringify(which)}.`);
  return `Put back: ${changes}. A receiver that runs takes them within a second.\n`;
};

const command = ([verb, which, ...rest]: readonly string[]): string => {
  if (rest.length > 0 || (verb !== undefined && (verb !== 'retry' || which === undefined))) {
    throw new StartError(USAGE.trimEnd());
  }
  const path = readInboxPath(process.env);
  if (!existsSync(path)) throw new StartError(`There is no inbox at ${path}. Set INBOX_PATH to where it is.`);
  const db = openInboxFile(path);
  try {
    return which === undefined ? list(db) : putBack(db, which);
  } finally {
    db.close();
  }
};

try {
  process.stdout.write(command(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof StartError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
