import type { IdFactory } from '../core/ids.ts';
import type { Changes } from '../ports/changes.ts';
import type { Clock } from '../ports/clock.ts';
import type { Recoveries } from '../ports/recoveries.ts';
import type { Job } from './job-runner.ts';
import { createRhythm } from './rhythm.ts';

const PRUNE_EVERY_MS = 60_000;

export interface RecoveryJobOptions {
  readonly recoveries: Recoveries;
  readonly clock: Clock;
  readonly changes: Changes;
  readonly ids: IdFactory;
  /** Finished recoveries are deleted after this time; null keeps them. */
  readonly retention_ms: number | null;
}

/**
 * Advances one recovery of each workspace in turn, of several the one that waits the longest. It only makes deliveries due: they are sent by the slots of their hooks
 * like all others.
 */
export const createRecoveryJob = (options: RecoveryJobOptions): Job => {
  const { recoveries, clock, ids, changes, retention_ms } = options;
  const mayPrune = createRhythm(clock, PRUNE_EVERY_MS);
  let served = '';
  return {
    name: 'recovery',
    advance: async (limit) => {
      const next = await recoveries.next(served);
      if (next === null) {
        if (retention_ms !== null && mayPrune()) await recoveries.prune(clock.now() - retention_ms);
        return false;
      }
      served = next.workspace_id;
      await recoveries.advance(next, { limit, now: clock.now(), newId: () => ids('dlv') });
      changes.recovery(next);
      return true;
    },
  };
};
