// First: it must run before anything else is loaded.
import './check-node.js';
import { existsSync } from 'node:fs';
import type { Database } from 'better-sqlite3';
import { openInboxFile } from './inbox.ts';
import { readInboxPath, StartError } from './settings.ts';

const USAGE = `npm run dead-letters                  lists the events that were given up
npm run dead-letters retry <id>       puts one of them back
npm run dead-letters retry all        puts all of them back`;

type DeadLetter = Readonly<Record<'id' | 'type' | 'last_error', string>> & { readonly attempts: number };

// As JSON, so that an id or an error cannot control the terminal.
const lineOf = ({ id, type, attempts, last_error }: DeadLetter): string =>
  [JSON.stringify(id), JSON.stringify(type), `${attempts} attempts`, JSON.stringify(last_error)].join('  ');

const list = (db: Database): string => {
  const columns = 'id, type, attempts, last_error';
  const letters = db
    .prepare<[], DeadLetter>(`select ${columns} from events where state = 'dead' order by seq`)
    .all();
  return letters.length === 0 ? 'There are no dead letters.' : letters.map(lineOf).join('\n');
};

const PUT_BACK = `update events set state = 'waiting', attempts = 0, due_at = 0, settled_at = null where state = 'dead'`;

const putBack = (db: Database, id: string): string => {
  const { changes } =
    id === 'all' ? db.prepare(PUT_BACK).run() : db.prepare(`${PUT_BACK} and id = ?`).run(id);
  if (changes === 0 && id !== 'all') throw new StartError(`No dead letter has the id ${JSON.stringify(id)}.`);
  return `Put back: ${changes}. A running receiver handles them within a second.`;
};

const command = ([verb, id, ...rest]: readonly string[]): string => {
  if (rest.length > 0 || (verb !== undefined && (verb !== 'retry' || id === undefined)))
    throw new StartError(USAGE);
  const path = readInboxPath(process.env);
  if (!existsSync(path)) throw new StartError(`There is no inbox at ${path}. Set INBOX_PATH to its path.`);
  const db = openInboxFile(path);
  try {
    return id === undefined ? list(db) : putBack(db, id);
  } finally {
    db.close();
  }
};

try {
  process.stdout.write(`${command(process.argv.slice(2))}\n`);
} catch (error) {
  if (!(error instanceof StartError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
