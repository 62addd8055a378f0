import type { Log } from './log.ts';

export interface ScheduledJob {
  /** Prevents further runs and resolves when the current one has ended. */
  readonly stop: () => Promise<void>;
}

/** Periodic work. */
export interface Schedule {
  /**
   * Runs `work` at every full second, never concurrently: while a run continues, further ones are skipped. A failed
   * run is logged and does not stop the schedule.
   */
  readonly everySecond: (name: string, work: () => Promise<void>, log: Log) => ScheduledJob;
}
