import type { Audits } from '../ports/audits.ts';
import type { Clock } from '../ports/clock.ts';
import type { Job } from './job-runner.ts';

export interface AuditJobOptions {
  readonly audit: Audits;
  readonly clock: Clock;
  /** Older entries are deleted; null keeps all. */
  readonly retention_ms: number | null;
}

/** Deletes the entries of the audit log that are older than the retention. */
export const createAuditJob = ({ audit, clock, retention_ms }: AuditJobOptions): Job => ({
  name: 'audit',
  advance: async (limit) =>
    retention_ms !== null && (await audit.prune(clock.now() - retention_ms, limit)) >= limit,
});
