import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import Database from 'better-sqlite3';
import type { Handle, Received } from '../../src/handling.ts';
import { createLog } from '../../src/log.ts';
import { startReceiver } from '../../src/receiver.ts';
import { type Environment, readSettings } from '../../src/settings.ts';
import { type Request, requestOf, SECRET, send } from './requests.ts';

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

export interface Line {
  readonly event: string;
  readonly level: string;
  readonly [field: string]: unknown;
}

const createLogLines = () => {
  const lines: Line[] = [];
  const grown = new EventEmitter().setMaxListeners(0);
  return {
    lines,
    add: (line: string) => {
      lines.push(JSON.parse(line) as Line);
      grown.emit('line');
    },
    /** The first line of this event that fits, as soon as it is there; rejected after twenty seconds. */
    until: async (event: string, fits: (line: Line) => boolean = () => true): Promise<Line> => {
      const signal = AbortSignal.timeout(20_000);
      for (;;) {
        const found = lines.find((line) => line.event === event && fits(line));
        if (found !== undefined) return found;
        await once(grown, 'line', { signal });
      }
    },
    count: (event: string): number => lines.filter((line) => line.event === event).length,
  };
};

const settingsIn = (folder: string): Environment => ({
  WEBHOOK_SECRET: SECRET,
  HOST: '127.0.0.1',
  PORT: '0',
  INBOX_PATH: join(folder, 'inbox.db'),
});

export interface TestReceiverOptions {
  readonly environment?: Environment;
  readonly folder?: string;
  readonly handle?: Handle;
}

/** A receiver in this process, on a free port; what its handler got is in `handled`. */
export const startTestReceiver = async (t: TestContext, options: TestReceiverOptions = {}) => {
  const { environment = {}, folder = temporaryFolder(), handle = () => {} } = options;
  const settings = readSettings({ ...settingsIn(folder), ...environment });
  const log = createLogLines();
  const handled: Received[] = [];
  const receiver = await startReceiver({
    settings,
    handle: async (event) => {
      handled.push(event);
      await handle(event);
    },
    log: createLog('debug', log.add),
  });
  const { port } = receiver;
  let stopped: Promise<void> | undefined;
  const stop = () => (stopped ??= receiver.stop());
  t.after(stop);
  return {
    port,
    log,
    handled,
    stop,
    folder,
    inbox_path: settings.INBOX_PATH,
    send: (request: Request) => send(port, request),
    deliver: (id: string, type = 'order.created') =>
      send(port, requestOf(settings.WEBHOOK_DIALECT, { id, type, data: { n: 1 } })),
    health: async () => {
      const response = await fetch(`http://127.0.0.1:${port}/healthz`);
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    },
    /** Runs SQL in the inbox from another connection. */
    sql: (query: string): readonly unknown[] => {
      const db = new Database(settings.INBOX_PATH, { timeout: 5000 });
      try {
        const statement = db.prepare(query);
        return statement.reader ? statement.all() : [statement.run().changes];
      } finally {
        db.close();
      }
    },
  };
};

const root = join(import.meta.dirname, '../..');

const start = (t: TestContext, program: readonly string[], environment: Environment): ChildProcess => {
  const env = { PATH: process.env['PATH'], ...environment };
  const child = spawn(process.execPath, program, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  return child;
};

const textOf = async (stream: NodeJS.ReadableStream | null): Promise<string> => {
  let text = '';
  if (stream !== null) for await (const chunk of stream) text += String(chunk);
  return text;
};

/** Runs one of the template's programs until it ends, at most twenty seconds. */
export const runToEnd = async (t: TestContext, program: readonly string[], environment: Environment = {}) => {
  const child = start(t, program, environment);
  const timeout = setTimeout(() => child.kill('SIGKILL'), 20_000);
  const [[code], stdout, stderr] = await Promise.all([
    once(child, 'exit'),
    textOf(child.stdout),
    textOf(child.stderr),
  ]);
  clearTimeout(timeout);
  return { code: code as number | null, stdout, stderr };
};

/** A receiver in another process, listening. */
export const startReceiverProcess = async (t: TestContext, folder: string, environment: Environment = {}) => {
  const child = start(t, ['test/support/program.ts'], { ...settingsIn(folder), ...environment });
  const log = createLogLines();
  if (child.stdout !== null) createInterface(child.stdout).on('line', log.add);
  // Its last lines arrive after its exit.
  const ended = once(child, 'close');
  const port = Number((await log.until('listening'))['port']);
  return {
    port,
    log,
    ended,
    deliver: (id: string, type: string) => send(port, requestOf('standard', { id, type, data: {} })),
    loseLog: () => child.stdout?.destroy(),
    /** Sends a signal; the exit code once it has ended. */
    end: async (signal: NodeJS.Signals): Promise<number | null> => {
      child.kill(signal);
      return ((await ended) as [number | null])[0];
    },
  };
};
