import { schedule, setLogger } from 'node-cron';
import type { Log } from '../ports/log.ts';
import type { Schedule } from '../ports/schedule.ts';

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
    const task = schedule(
      '* * * * * *',
      () => {
        running = run();
        return running;
      },
      { name, noOverlap: true, timezone: 'Etc/UTC', suppressMissedWarning: true },
    );
    return {
      stop: async () => {
        await task.destroy();
        await running;
      },
    };
  },
};

/** Redirects node-cron's messages from the console to the log. */
export const sendCronLogTo = (log: Log): void => {
  setLogger({
    info: (message: string) => log.debug(message),
    warn: (message: string) => log.debug(message),
    error: (message: string | Error) => log.warn(String(message)),
    debug: (message: string | Error) => log.debug(String(message)),
  });
};
