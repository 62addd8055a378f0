import { codeOf } from './postgres/storage-error.ts';

/** Maximum number of runs of a transaction that other transactions disturb. */
export const RUNS_MAX = 6;

/**
 * Whether PostgreSQL ended a statement for another transaction, and the same transaction can succeed when it runs again:
 * they waited for each other in a circle, or the other one moved a row to another partition.
 */
export const isDisturbed = (error: unknown): boolean =>
  [codeOf(error), error instanceof Error ? codeOf(error.cause) : null].some(
    (code) => code === '40P01' || code === '40001',
  );
