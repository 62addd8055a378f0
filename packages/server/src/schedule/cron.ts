import type { Log } from '../ports/log.ts';
import type { Schedule } from '../ports/schedule.ts';

/** Redirects node-cron's messages from the console to the log. */
const loggerOf = (log: Log) => ({
  info: (message: string) => log.debug(message),
  warn: (message: string) => log.debug(message),
  error: (message: string | Error) => log.warn(String(message)),
  debug: (message: string | Error) => log.debug(String(message)),
});

/** A schedule on the system's clock. */
export const cronSchedule: Schedule = {
  everySecond: (name, work, log) => {
    let running: Promise<void> = Promise.resolve();
    const run = async (): Promise<void> => {
      try {
        await work();
      } catch (error) {
        log.error('a scheduled run failed; the next run tries again', { name, reason: String(error) });
      }
    };
    const begin = async () => {
      // Loaded here, because its first date takes 15 ms: a start does not wait for it.
      const { schedule } = await import('node-cron');
      return schedule(
        '* * * * * *',
        () => {
          running = run();
          return running;
        },
        {
          name,
          noOverlap: true,
          timezone: 'Etc/UTC',
          suppressMissedWarning: true,
          logger: loggerOf(log),
        },
      );
    };
    const begun = begin();
    return {
      stop: async () => {
        await (await begun).destroy();
        await running;
      },
    };
  },
};
