import type { RetryOptions } from './retry.ts';

/** The options of one call. */
export interface CallOptions {
  /** Ends the call with the error `aborted`. The server may still finish the call. */
  readonly signal?: AbortSignal | undefined;
  /** Overrides the client's option for this call; `false` disables retries. */
  readonly retry?: RetryOptions | false | undefined;
}
