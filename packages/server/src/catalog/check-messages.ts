import type { Issue } from '../core/errors.ts';

/** Work for the schema thread, as plain data. */
export interface CheckJob {
  readonly schema_text: string;
  /** Null checks the schema itself. */
  readonly data_text: string | null;
}

export interface CheckResult {
  /** Null if the schema cannot be compiled. */
  readonly issues: readonly Issue[] | null;
  readonly duration_ms: number;
}

/** A message to the schema thread. Only one is in progress at a time. */
export type CheckRequest = readonly CheckJob[];

/** The reply: the results of the first jobs. The others were not started, because time was up: send them again. */
export interface CheckAnswer {
  readonly results: readonly CheckResult[];
}

export interface CheckThreadData {
  /**
   * An Int32Array for a thread that may have to be ended: the index of the job in progress, and 1 while its schema is
   * compiled, which ends by itself.
   */
  readonly progress: SharedArrayBuffer;
}

export const PROGRESS_BYTES = 2 * Int32Array.BYTES_PER_ELEMENT;

/** The job in progress of a thread. */
export const readProgress = (progress: SharedArrayBuffer) => {
  const current = new Int32Array(progress);
  return { index: Atomics.load(current, 0), is_compiling: Atomics.load(current, 1) === 1 };
};
