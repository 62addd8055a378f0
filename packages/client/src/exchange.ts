import { BellwireError, type ErrorCode, type Issue } from './bellwire-error.ts';

/** As much of `fetch` as the client uses; the global one, or one of your own. */
export type Fetch = (url: string, init: FetchInit) => Promise<FetchAnswer>;

export interface FetchInit {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
  readonly redirect: 'manual';
  readonly signal: AbortSignal;
}

export interface FetchAnswer {
  readonly status: number;
  readonly headers: { readonly get: (name: string) => string | null };
  readonly text: () => Promise<string>;
}

/** What tRPC hands to a `fetch`, as far as JSON calls need it. */
interface TrpcInit {
  readonly method?: string | undefined;
  readonly headers?: unknown;
  readonly body?: unknown;
  readonly signal?: AbortSignal | null | undefined;
}

/** An answer that is JSON, as tRPC wants it. */
export interface Answered {
  readonly ok: boolean;
  readonly status: number;
  readonly retry_after_s: number | null;
  readonly json: () => Promise<unknown>;
}

const HTTP_DATE = / GMT$/;

/** RFC 9110, 10.2.3: whole seconds, or a date. */
const readRetryAfter = (header: string | null): number | null => {
  const text = header?.trim() ?? '';
  if (/^\d{1,10}$/.test(text)) return Number(text);
  const at = HTTP_DATE.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at - Date.now()) / 1000));
};

/** `fetch failed` says nothing; what it was caused by does. */
const reasonOf = (thrown: unknown): string => {
  if (!(thrown instanceof Error)) return String(thrown);
  const { cause } = thrown;
  if (!(cause instanceof Error)) return thrown.message;
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message || thrown.message;
};

const unexpected = (url: string, { status, headers }: FetchAnswer, cause?: unknown): BellwireError => {
  const { origin } = new URL(url);
  const location = headers.get('location');
  const what =
    location === null
      ? `answered ${status} with something that is not Bellwire's JSON. Check the url; a proxy in between may have answered`
      : `answered ${status} and points to ${location}. Give the client the url that it should use`;
  return new BellwireError('unexpected_answer', `${origin} ${what}.`, {
    status,
    retry_after_s: readRetryAfter(headers.get('retry-after')),
    cause,
  });
};

interface RestError {
  readonly error: { readonly code: ErrorCode; readonly message: string; readonly issues?: readonly Issue[] };
}

/** What the server answers when it refuses a request before it looks for calls in it. */
const isRestError = (value: unknown): value is RestError => {
  const error = (value as Partial<RestError> | null)?.error;
  return typeof error?.code === 'string' && typeof error.message === 'string';
};

const readAnswer = (url: string, answer: FetchAnswer, text: string): Answered => {
  const { status } = answer;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw unexpected(url, answer, cause);
  }
  const retry_after_s = readRetryAfter(answer.headers.get('retry-after'));
  if (isRestError(value)) {
    const { code, message, issues } = value.error;
    throw new BellwireError(code, message, { status, issues, retry_after_s });
  }
  if (typeof value !== 'object' || value === null) throw unexpected(url, answer);
  return { ok: status < 300, status, retry_after_s, json: () => Promise.resolve(value) };
};

/**
 * One HTTP request and its whole answer within `timeout_ms`, for tRPC's links. Redirects are not followed: they
 * would turn a POST into a GET, or take the API key to another place.
 * @throws BellwireError `network`, `timeout`, `unexpected_answer`, and the server's own when it refuses the request
 */
export const createExchange =
  (fetch: Fetch, timeout_ms: number) =>
  async (input: unknown, { method = 'GET', headers, body, signal }: TrpcInit = {}): Promise<Answered> => {
    const url = String(input);
    const deadline = AbortSignal.timeout(timeout_ms);
    let answer: FetchAnswer;
    let text: string;
    try {
      answer = await fetch(url, {
        method,
        headers: headers as Record<string, string>,
        ...(typeof body === 'string' ? { body } : {}),
        redirect: 'manual',
        signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
      });
      text = await answer.text();
    } catch (cause) {
      if (signal?.aborted === true) throw cause;
      const { origin } = new URL(url);
      throw deadline.aborted
        ? new BellwireError('timeout', `${origin} gave no answer within ${timeout_ms} ms.`, { cause })
        : new BellwireError(
            'network',
            `${origin} gave no answer (${reasonOf(cause)}). Check the url, and that Bellwire runs there.`,
            { cause },
          );
    }
    return readAnswer(url, answer, text);
  };
