import pRetry from 'p-retry';
import { BellwireError, type ErrorCode, invalidInput } from './bellwire-error.ts';
import type { RetryRule } from './calls.ts';
import { pause } from './pause.ts';

export interface RetryOptions {
  /** Maximum number of retries of a call (default 4). */
  readonly retries?: number;
  /** The first delay, in milliseconds (default 250). Delays double each time and are randomized by up to a factor of 2. */
  readonly min_delay_ms?: number;
  /** The maximum delay, in milliseconds (default 8,000), unless the server requests a longer one. */
  readonly max_delay_ms?: number;
  /** No attempt starts later than this after the first one, in milliseconds (default 60,000). */
  readonly max_time_ms?: number;
}

/** The options of one call. */
export interface CallOptions {
  /** Ends the call with the error `aborted`. The server may still finish the call. */
  readonly signal?: AbortSignal | undefined;
  /** Overrides the client's option for this call; `false` disables retries. */
  readonly retry?: RetryOptions | false | undefined;
}

/** Errors with which the server reports that it did nothing. */
const DID_NOTHING = new Set<ErrorCode>(['overloaded', 'shutting_down', 'storage_failed']);

const isRefusal = ({ code, status }: BellwireError): boolean => status === 429 || DID_NOTHING.has(code);

/** Whether the server may have executed the call. A 502, 503 or 504 without a Bellwire error came from a proxy. */
const isUnknown = ({ code, status }: BellwireError): boolean =>
  code === 'network' || code === 'timeout' || (status !== null && [502, 503, 504].includes(status));

const withUnknownResult = ({ code, message, status, retry_after_s, cause }: BellwireError): BellwireError => {
  const warning = 'The server may have executed the call: check before you repeat it.';
  return new BellwireError(code, `${message} ${warning}`, { status, retry_after_s, cause });
};

export interface RetryContext {
  readonly retry_rule: RetryRule;
  readonly retry: RetryOptions | false;
  readonly signal: AbortSignal | undefined;
}

/**
 * Runs a call and retries it as its rule permits. Obeys `Retry-After`; if that exceeds the remaining time, throws the
 * error immediately.
 * @throws BellwireError the last error; `aborted` by the signal; `invalid_input` for invalid delays
 */
export const withRetries = async <T>(
  run: () => Promise<T>,
  { retry_rule, retry, signal }: RetryContext,
): Promise<T> => {
  const { retries = 4, min_delay_ms = 250, max_delay_ms = 8_000, max_time_ms = 60_000 } = retry || {};
  const end = performance.now() + max_time_ms;
  let may_have_succeeded = false;
  const attempt = async (): Promise<T> => {
    try {
      return await run();
    } catch (thrown) {
      const error = thrown as BellwireError;
      if (may_have_succeeded && retry_rule === 'deletion' && error.code === 'not_found')
        return undefined as T;
      const is_unknown = isUnknown(error) && !isRefusal(error);
      may_have_succeeded ||= is_unknown;
      throw is_unknown && retry_rule === 'if_refused' ? withUnknownResult(error) : error;
    }
  };
  const mayRetry = async (error: BellwireError, delay_ms: number): Promise<boolean> => {
    if (!isRefusal(error) && (retry_rule === 'if_refused' || !isUnknown(error))) return false;
    const requested_ms = (error.retry_after_s ?? 0) * 1000;
    if (performance.now() + requested_ms > end) return false;
    if (requested_ms > delay_ms) await pause(requested_ms - delay_ms, signal);
    return true;
  };
  try {
    return await pRetry(attempt, {
      retries: retry === false ? 0 : retries,
      minTimeout: min_delay_ms,
      maxTimeout: max_delay_ms,
      maxRetryTime: max_time_ms,
      randomize: true,
      ...(signal === undefined ? {} : { signal }),
      shouldRetry: ({ error, retryDelay }) => mayRetry(error as BellwireError, retryDelay),
    });
  } catch (thrown) {
    if (signal?.aborted === true) {
      throw new BellwireError('aborted', 'The call was aborted by its signal.', { cause: signal.reason });
    }
    if (thrown instanceof BellwireError) throw thrown;
    throw invalidInput([{ path: 'retry', message: String(thrown) }], thrown);
  }
};
