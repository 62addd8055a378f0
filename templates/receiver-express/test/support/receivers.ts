import { spawn, spawnSync } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import Database from 'better-sqlite3';
import type { DialectName } from '../../src/verify.ts';
import { type Request, requestOf, SECRET, send } from './requests.ts';

export type Environment = Readonly<Record<string, string>>;

const folders: string[] = [];
process.once('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A new folder, removed when the tests of this file are done. */
export const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'receiver-express-test-'));
  folders.push(folder);
  return folder;
};

const root = join(import.meta.dirname, '../..');
const { PATH = '' } = process.env;

/** Runs one of the template's programs until it ends. */
export const runToEnd = (args: readonly string[], environment: Environment = {}) => {
  const env = { PATH, ...environment };
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, env, timeout: 20_000 });
  return { status, stdout: String(stdout), stderr: String(stderr) };
};

type Line = Readonly<Record<string, unknown>>;

type Options = { readonly environment?: Environment; readonly folder?: string };

/** The receiver with the test's handlers in another process, listening on a free port. */
export const startReceiver = async (t: TestContext, options: Options = {}) => {
  const { environment = {}, folder = temporaryFolder() } = options;
  const [inbox_path, hold] = [join(folder, 'inbox.db'), join(folder, 'hold')];
  const defaults = { WEBHOOK_SECRET: SECRET, HOST: '127.0.0.1', PORT: '0', INBOX_PATH: inbox_path };
  const env = { PATH, ...defaults, HOLD: hold, ...environment };
  const program = ['--import', './test/support/use-test-handlers.ts', 'src/main.ts'];
  const child = spawn(process.execPath, program, { cwd: root, env, stdio: ['ignore', 'pipe', 'ignore'] });
  t.after(() => child.kill('SIGKILL'));

  const lines: Line[] = [];
  const grown = new EventEmitter().setMaxListeners(0);
  createInterface(child.stdout).on('line', (line) => {
    lines.push(JSON.parse(line) as Line);
    grown.emit('line');
  });
  /** The first line of this event with these fields, at most twenty seconds later. */
  const until = async (event: string, fields: Line = {}): Promise<Line> => {
    const signal = AbortSignal.timeout(20_000);
    const wanted = Object.entries({ event, ...fields });
    for (;;) {
      const found = lines.find((line) => wanted.every(([key, value]) => line[key] === value));
      if (found !== undefined) return found;
      await once(grown, 'line', { signal });
    }
  };
  // Its last lines arrive after its exit.
  const ended = once(child, 'close') as Promise<[number | null]>;
  const { address } = (await until('listening')) as { readonly address?: { readonly port: number } };
  const port = address?.port ?? 0;
  return {
    folder,
    port,
    inbox_path,
    lines,
    until,
    ended,
    ids: (event: string) => lines.filter((line) => line['event'] === event).map(({ id }) => id),
    send: (request: Request) => send(port, request),
    deliver: (id: string, type = 'any') => {
      const dialect = (environment['WEBHOOK_DIALECT'] ?? 'standard') as DialectName;
      return send(port, requestOf(dialect, { id, type, data: { n: 1 } }));
    },
    health: async () => {
      const response = await fetch(`http://127.0.0.1:${port}/healthz`);
      return { status: response.status, body: (await response.json()) as Line };
    },
    /** Until `release`, handlers do not end. */
    hold: () => writeFileSync(hold, ''),
    release: () => rmSync(hold),
    loseLog: () => child.stdout.destroy(),
    /** Sends a signal; the exit code once the process has ended. */
    end: async (signal: NodeJS.Signals): Promise<number | null> => {
      child.kill(signal);
      return (await ended)[0];
    },
    /** Runs SQL in the inbox from this process. */
    sql: (query: string): readonly unknown[] => {
      const db = new Database(inbox_path, { timeout: 5000 });
      const statement = db.prepare(query);
      const rows = statement.reader ? statement.all() : [statement.run().changes];
      db.close();
      return rows;
    },
  };
};
