import { once } from 'node:events';
import { handleBy } from './handling.ts';
import { handlers, otherwise } from './handlers.ts';
import { log, messageOf } from './log.ts';
import { startReceiver } from './receiver.ts';
import { readSettings } from './settings.ts';
import { StartError } from './start-error.ts';

/** Starts the receiver by the environment, and stops it at SIGTERM or SIGINT. */
export const run = async (handle = handleBy(handlers, otherwise)): Promise<void> => {
  // A handler that forgot an await: its event counts as handled, and the other events must not suffer.
  process.on('unhandledRejection', (error) =>
    log('error', 'unhandled_rejection', { error: messageOf(error) }),
  );
  // Nobody reads the log any more. An event is not refused for that.
  process.stdout.on('error', () => {});
  // Before anything else: a stop that is asked for while it starts must be a clean one, too.
  const stopAsked = Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
  try {
    const receiver = await startReceiver({ settings: readSettings(process.env), handle, log });
    await stopAsked;
    await receiver.stop();
    process.exit(0);
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
};
