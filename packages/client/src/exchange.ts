import { BellwireError, type ErrorCode, type Issue } from './bellwire-error.ts';

/** The part of `fetch` that the client uses. */
export type Fetch = (url: string, init: FetchInit) => Promise<FetchResponse>;

export interface FetchInit {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
  readonly redirect: 'manual';
  readonly signal: AbortSignal;
}

export interface FetchResponse {
  readonly status: number;
  readonly headers: { readonly get: (name: string) => string | null };
  readonly text: () => Promise<string>;
  /** Needed by `stream`; without it, `deliveries.watch` polls. */
  readonly body?: ResponseBody | null;
}

/** The part of a `ReadableStream` that the client uses. */
export interface ResponseBody {
  readonly getReader: () => {
    readonly read: () => Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
    readonly cancel: () => Promise<void>;
  };
}

/** The fields that tRPC passes to `fetch` for JSON calls. */
interface TrpcInit {
  readonly method?: string | undefined;
  readonly headers?: unknown;
  readonly body?: unknown;
  readonly signal?: AbortSignal | null | undefined;
}

/** A JSON response as tRPC expects it. */
export interface JsonResponse {
  readonly ok: boolean;
  readonly status: number;
  readonly retry_after_s: number | null;
  readonly json: () => Promise<unknown>;
}

/** RFC 9110, 10.2.3: whole seconds, or a date. */
const readRetryAfter = (header: string | null): number | null => {
  const text = header?.trim() ?? '';
  if (/^\d{1,10}$/.test(text)) return Number(text);
  const at = text.endsWith(' GMT') ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at - Date.now()) / 1000));
};

/** The message of the cause: `fetch failed` alone says nothing. */
export const reasonOf = (thrown: unknown): string => {
  if (!(thrown instanceof Error)) return String(thrown);
  const { cause } = thrown;
  if (!(cause instanceof Error)) return thrown.message;
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message || thrown.message;
};

const unexpected = (url: string, { status, headers }: FetchResponse, cause?: unknown): BellwireError => {
  const { origin } = new URL(url);
  const location = headers.get('location');
  const problem =
    location === null
      ? `responded with ${status} and a body that is not Bellwire's JSON. Check the URL; a proxy may have responded`
      : `redirected with ${status} to ${location}. Pass the final URL to the client`;
  return new BellwireError('unexpected_answer', `${origin} ${problem}.`, {
    status,
    retry_after_s: readRetryAfter(headers.get('retry-after')),
    cause,
  });
};

interface RestError {
  readonly error: { readonly code: ErrorCode; readonly message: string; readonly issues?: readonly Issue[] };
}

/** The error that the server returns if it refuses a request before reading its calls. */
const isRestError = (value: unknown): value is RestError => {
  const error = (value as Partial<RestError> | null)?.error;
  return typeof error?.code === 'string' && typeof error.message === 'string';
};

/** Reads a JSON response. @throws BellwireError `unexpected_answer`, or the error of a refusal */
export const readResponse = (url: string, response: FetchResponse, text: string): JsonResponse => {
  const { status } = response;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw unexpected(url, response, cause);
  }
  const retry_after_s = readRetryAfter(response.headers.get('retry-after'));
  if (isRestError(value)) {
    const { code, message, issues } = value.error;
    throw new BellwireError(code, message, { status, issues, retry_after_s });
  }
  if (typeof value !== 'object' || value === null) throw unexpected(url, response);
  return { ok: status < 300, status, retry_after_s, json: () => Promise.resolve(value) };
};

/**
 * A `fetch` for tRPC's links that reads the whole response within `timeout_ms`. It does not follow redirects, which would
 * turn a POST into a GET or send the API key to another host.
 * @throws BellwireError `network`, `timeout`, `unexpected_answer`, or the error with which the server refused the request
 */
export const createExchange =
  (fetch: Fetch, timeout_ms: number) =>
  async (input: unknown, { method = 'GET', headers, body, signal }: TrpcInit = {}): Promise<JsonResponse> => {
    const url = String(input);
    const deadline = AbortSignal.timeout(timeout_ms);
    let response: FetchResponse;
    let text: string;
    try {
      response = await fetch(url, {
        method,
        headers: headers as Record<string, string>,
        ...(typeof body === 'string' ? { body } : {}),
        redirect: 'manual',
        signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
      });
      text = await response.text();
    } catch (cause) {
      if (signal?.aborted === true) throw cause;
      const [code, problem] = deadline.aborted
        ? (['timeout', `within ${timeout_ms} ms.`] as const)
        : (['network', `(${reasonOf(cause)}). Check the URL and that Bellwire is running.`] as const);
      throw new BellwireError(code, `${new URL(url).origin} did not respond ${problem}`, { cause });
    }
    return readResponse(url, response, text);
  };
