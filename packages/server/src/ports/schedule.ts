import type { Log } from './log.ts';

export interface ScheduledJob {
  /** Resolves when a run that is under way has ended. No run starts after that. */
  readonly stop: () => Promise<void>;
}

/** Periodic work. */
export interface Schedule {
  /**
   * Runs `work` at every full second, never twice at a time: a run that is still going on skips the next. A run that
   * fails is logged, and the next one tries again.
   */
  readonly everySecond: (name: string, work: () => Promise<void>, log: Log) => ScheduledJob;
}
