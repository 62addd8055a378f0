import { join } from 'node:path';
import type { TestContext } from 'node:test';
import Database from 'better-sqlite3';
import type { Handle, Received } from '../../src/handling.ts';
import { createLog } from '../../src/log.ts';
import { startReceiver } from '../../src/receiver.ts';
import { type Environment, readSettings } from '../../src/settings.ts';
import { createLogLines } from './log-lines.ts';
import { type Request, requestOf, SECRET, send } from './senders.ts';
import { temporaryFolder } from './temporary-folder.ts';

export interface TestReceiverOptions {
  readonly environment?: Environment;
  readonly folder?: string;
  readonly handle?: Handle;
}

/** A receiver on a free port, with an inbox of its own; what its handler got is in `handled`. */
export const startTestReceiver = async (t: TestContext, options: TestReceiverOptions = {}) => {
  const { environment = {}, folder = temporaryFolder(), handle = () => {} } = options;
  const inbox_path = join(folder, 'inbox.db');
  const settings = readSettings({
    WEBHOOK_SECRET: SECRET,
    HOST: '127.0.0.1',
    PORT: '0',
    INBOX_PATH: inbox_path,
    ...environment,
  });
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
  let stopped = false;
  const stop = async () => {
    if (stopped) return;
    stopped = true;
    await receiver.stop();
  };
  t.after(stop);
  return {
    port,
    log,
    handled,
    stop,
    folder,
    inbox_path,
    send: (request: Request) => send(port, request),
    /** An event of `settings.dialect`. */
    deliver: (id: string, type = 'order.created', data = { n: 1 }) =>
      send(port, requestOf(settings.dialect, { id, type, data })),
    health: async () => {
      const response = await fetch(`http://127.0.0.1:${port}/healthz`);
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    },
    /** What another process would see in the inbox. */
    inTheFile: <Result>(read: (db: Database.Database) => Result): Result => {
      const db = new Database(inbox_path, { timeout: 5000 });
      try {
        return read(db);
      } finally {
        db.close();
      }
    },
  };
};
