import { once } from 'node:events';
import { createServer } from 'node:http';
import { createApp } from './app.ts';
import { type Handle, handleBy } from './handling.ts';
import { handlers, otherwise } from './handlers.ts';
import { openInbox } from './inbox.ts';
import { type Log, log, messageOf } from './log.ts';
import { readSettings, type Settings, StartError } from './settings.ts';
import { receiverDialects } from './verify.ts';
import { createWorker } from './worker.ts';

const STOP_MS = 10_000;
const PRUNE_EVERY_MS = 1000;
const DAY_MS = 24 * 60 * 60 * 1000;

const SERVER_OPTIONS = {
  // The longest that a slow sender holds a connection.
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 2000,
  // Longer than most proxies keep theirs (60 s), so that we do not close one in use.
  keepAliveTimeout: 75_000,
};

export interface ReceiverOptions {
  readonly settings: Settings;
  readonly handle: Handle;
  readonly log: Log;
}

/**
 * Receives and handles events until it is stopped.
 * @throws StartError
 */
export const startReceiver = async ({ settings, handle, log: write }: ReceiverOptions) => {
  const { HOST: host, WEBHOOK_DIALECT: dialect } = settings;
  const inbox = openInbox(settings.INBOX_PATH, settings.INBOX_LIMIT);
  const worker = createWorker({ settings, inbox, handle, log: write });
  let stopping = false;
  const app = createApp({ settings, inbox, log: write, onStored: worker.wake, isStopping: () => stopping });
  const server = createServer(SERVER_OPTIONS, app);
  try {
    server.listen(settings.PORT, host);
    await once(server, 'listening');
  } catch (error) {
    inbox.close();
    const advice = 'Set PORT and HOST to a free address.';
    throw new StartError(`Cannot listen on ${host}:${settings.PORT}: ${messageOf(error)}. ${advice}`, {
      cause: error,
    });
  }
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : settings.PORT;
  write('info', 'listening', { port, path: receiverDialects[dialect].path, dialect });

  const pruning = setInterval(() => {
    try {
      inbox.prune(Date.now() - settings.KEEP_DAYS * DAY_MS);
    } catch (error) {
      write('error', 'inbox_not_written', { error: messageOf(error) });
    }
  }, PRUNE_EVERY_MS);

  // Only now: even if the first handler ends the process, requests of the meantime are received.
  worker.start();

  return {
    port,
    /** Accepts no more requests, finishes the current ones and their handlers, and closes the inbox, for ten seconds. */
    stop: async (): Promise<void> => {
      stopping = true;
      clearInterval(pruning);
      write('info', 'stopping');
      const closed = once(server, 'close');
      server.close();
      const timeout = Promise.withResolvers<boolean>();
      const timer = setTimeout(timeout.resolve, STOP_MS, false);
      const done = Promise.all([closed, worker.stop()]).then(() => true);
      const finished = await Promise.race([done, timeout.promise]);
      clearTimeout(timer);
      if (finished) inbox.close();
      else server.closeAllConnections();
      write(finished ? 'info' : 'warn', 'stopped', { finished });
    },
  };
};

/** Starts the receiver with the settings of the environment, and stops it at SIGTERM or SIGINT. */
export const run = async (handle = handleBy(handlers, otherwise)): Promise<void> => {
  // A handler without an await somewhere: its event counts as handled, and the others must not suffer.
  process.on('unhandledRejection', (error) =>
    log('error', 'unhandled_rejection', { error: messageOf(error) }),
  );
  // The reader of the log may be gone. That is not a reason to refuse events.
  process.stdout.on('error', () => {});
  // Before anything else, so that a stop during the start is a clean one.
  const signal = Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
  try {
    const receiver = await startReceiver({ settings: readSettings(process.env), handle, log });
    await signal;
    await receiver.stop();
    process.exit(0);
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
};
