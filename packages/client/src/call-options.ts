import type { RetryOptions } from './retry.ts';

/** What goes with one call. */
export interface CallOptions {
  /** Ends the call with the error `aborted`. What the server has begun it may finish. */
  readonly signal?: AbortSignal | undefined;
  /** For this call only; `false` is one try. */
  readonly retry?: RetryOptions | false | undefined;
}
