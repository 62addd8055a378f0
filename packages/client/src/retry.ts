import pRetry from 'p-retry';
import { BellwireError, type ErrorCode, invalidInput } from './bellwire-error.ts';
import type { Again } from './calls.ts';
import { pause } from './pause.ts';

export interface RetryOptions {
  /** How often a call is tried again; 4 unless said otherwise. */
  readonly retries?: number;
  /** The first wait, in milliseconds; each next one is twice as long, and up to twice that by chance; 250. */
  readonly min_delay_ms?: number;
  /** The longest wait, in milliseconds, where the server does not ask for another; 8,000. */
  readonly max_delay_ms?: number;
  /** No try begins later than this after the first, in milliseconds; 60,000. */
  readonly max_time_ms?: number;
}

/** The server says with these that it did nothing. */
const DID_NOTHING = new Set<ErrorCode>(['overloaded', 'shutting_down', 'storage_failed']);

const isRefusal = ({ code, status }: BellwireError): boolean => status === 429 || DID_NOTHING.has(code);

/** The call may have been carried out, or not. A 502, 503 or 504 that is not Bellwire's came from a proxy. */
const isUnknown = ({ code, status }: BellwireError): boolean =>
  code === 'network' || code === 'timeout' || (status !== null && [502, 503, 504].includes(status));

const doubtful = (error: BellwireError): BellwireError =>
  new BellwireError(
    error.code,
    `${error.message} The call may have been carried out: look before you repeat it.`,
    {
      status: error.status,
      retry_after_s: error.retry_after_s,
      cause: error.cause,
    },
  );

const aborted = (signal: AbortSignal): BellwireError =>
  new BellwireError('aborted', 'The call was aborted by its signal.', { cause: signal.reason });

export interface Tries {
  readonly again: Again;
  readonly retry: RetryOptions | false;
  readonly signal: AbortSignal | undefined;
}

/**
 * Runs a call, again where that is right and of use. `Retry-After` is obeyed; when it asks for more time than there
 * is, the error is thrown at once.
 * @throws BellwireError the last one; `aborted` once the signal is; `invalid_input` for waits that cannot be
 */
export const withRetries = async <T>(run: () => Promise<T>, { again, retry, signal }: Tries): Promise<T> => {
  const { retries = 4, min_delay_ms = 250, max_delay_ms = 8_000, max_time_ms = 60_000 } = retry || {};
  const end = performance.now() + max_time_ms;
  let may_be_done = false;
  const attempt = async (): Promise<T> => {
    try {
      return await run();
    } catch (thrown) {
      const error = thrown as BellwireError;
      if (may_be_done && again === 'until_gone' && error.code === 'not_found') return undefined as T;
      const is_doubtful = isUnknown(error) && !isRefusal(error);
      may_be_done ||= is_doubtful;
      throw is_doubtful && again === 'if_refused' ? doubtful(error) : error;
    }
  };
  const mayTryAgain = async (error: BellwireError, delay_ms: number): Promise<boolean> => {
    if (!isRefusal(error) && (again === 'if_refused' || !isUnknown(error))) return false;
    const asked_ms = (error.retry_after_s ?? 0) * 1000;
    if (performance.now() + asked_ms > end) return false;
    if (asked_ms > delay_ms) await pause(asked_ms - delay_ms, signal);
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
      shouldRetry: ({ error, retryDelay }) => mayTryAgain(error as BellwireError, retryDelay),
    });
  } catch (thrown) {
    if (signal?.aborted === true) throw aborted(signal);
    if (thrown instanceof BellwireError) throw thrown;
    throw invalidInput([{ path: 'retry', message: String(thrown) }], thrown);
  }
};
