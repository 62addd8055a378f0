import type { Audits } from '../ports/audits.ts';
import type { Clock } from '../ports/clock.ts';
import type { Job } from './job-runner.ts';
import { createRhythm } from './rhythm.ts';

const EVERY_MS = 60_000;

export interface AuditJobOptions {
  readonly audit: Audits;
  readonly clock: Clock;
  /** Older entries are deleted; null keeps all. */
  readonly retention_ms: number | null;
}

/** Deletes the entries of the audit log that are older than the retention, once a minute. */
export const createAuditJob = ({ audit, clock, retention_ms }: AuditJobOptions): Job => {
  const isDue = createRhythm(clock, EVERY_MS);
  let has_more = false;
  return {
    name: 'audit',
    advance: async (limit) => {
      if (retention_ms === null || !(isDue() || has_more)) return false;
      has_more = (await audit.prune(clock.now() - retention_ms, limit)) >= limit;
      return has_more;
    },
  };
};
