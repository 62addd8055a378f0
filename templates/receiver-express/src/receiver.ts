import { once } from 'node:events';
import { createServer } from 'node:http';
import { createApp } from './app.ts';
import { dialectOf } from './dialects.ts';
import type { Handle } from './handling.ts';
import { lockInbox, openInboxFile, watchInboxFile } from './inbox-file.ts';
import { createInbox } from './inbox.ts';
import { type Log, messageOf } from './log.ts';
import type { Settings } from './settings.ts';
import { StartError } from './start-error.ts';
import { createWorker } from './worker.ts';

export interface ReceiverOptions {
  readonly settings: Settings;
  readonly handle: Handle;
  readonly log: Log;
}

const STOP_MS = 10_000;
const FORGET_EVERY_MS = 1000;
const DAY_MS = 24 * 60 * 60 * 1000;

const SERVER_OPTIONS = {
  // A sender that dawdles holds a connection for this long and no longer.
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 2000,
  // Longer than proxies keep theirs (60 s mostly), so that it is not we who close one that is just being used.
  keepAliveTimeout: 75_000,
};

/**
 * Receives and handles events until it is stopped.
 * @throws StartError
 */
export const startReceiver = async ({ settings, handle, log }: ReceiverOptions) => {
  const { inbox_path, inbox_limit, keep_days, host } = settings;
  const unlock = lockInbox(inbox_path);
  const db = openInboxFile(inbox_path);
  const inbox = createInbox(db, inbox_limit);
  const worker = createWorker({ ...settings, inbox, handle, log });
  let stopping = false;

  const app = createApp({
    settings,
    inbox,
    log,
    isInPlace: watchInboxFile(inbox_path, log),
    onStored: worker.wake,
    isWorking: worker.isRunning,
    isStopping: () => stopping,
  });
  const server = createServer(SERVER_OPTIONS, app);

  const forgetting = setInterval(() => {
    inbox.forget(Date.now() - keep_days * DAY_MS).catch((error: unknown) => {
      log('error', 'inbox_not_written', { error: messageOf(error) });
    });
  }, FORGET_EVERY_MS);

  const closeInbox = () => {
    db.close();
    unlock();
  };

  try {
    server.listen(settings.port, host);
    await once(server, 'listening');
  } catch (error) {
    clearInterval(forgetting);
    closeInbox();
    throw new StartError(
      `Cannot listen on ${host}:${settings.port}: ${messageOf(error)}. Set PORT and HOST to an address that is free.`,
      { cause: error },
    );
  }
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : settings.port;
  const { path } = dialectOf(settings.dialect);
  log('info', 'listening', { port, path, dialect: settings.dialect });

  // Only now: even if the first handler ends the process, what comes meanwhile is received.
  worker.start();

  return {
    port,
    /**
     * Takes no more, finishes the requests and the handlers under way, closes the inbox. Answers whether all of that
     * was done within ten seconds; what was not is done after the next start.
     */
    stop: async (): Promise<boolean> => {
      stopping = true;
      clearInterval(forgetting);
      log('info', 'stopping');
      const closed = once(server, 'close');
      server.close();
      const tooLong = Promise.withResolvers<boolean>();
      const timer = setTimeout(tooLong.resolve, STOP_MS, false);
      const done = Promise.all([closed, worker.stop()]).then(() => true);
      const finished = await Promise.race([done, tooLong.promise]);
      clearTimeout(timer);
      if (finished) closeInbox();
      else server.closeAllConnections();
      log(finished ? 'info' : 'warn', 'stopped', { finished });
      return finished;
    },
  };
};
