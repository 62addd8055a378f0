import type { StreamEvent } from '@bellwire/server';
import { BellwireError } from './bellwire-error.ts';
import { type Fetch, readResponse, reasonOf, type ResponseBody } from './exchange.ts';
import { pause } from './pause.ts';
import { type RawEvent, readEvents } from './read-events.ts';

/** How to reach the server. */
export interface Connection {
  /** Without an API path. */
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly fetch: Fetch;
  readonly timeout_ms: number;
}

export interface StreamOptions {
  /** Only changes of this tenant. */
  readonly tenant?: string | undefined;
  /** Only changes of this hook, by its id or number. */
  readonly hook_id?: string | number | undefined;
  /** Ends the stream with the error `aborted`. */
  readonly signal?: AbortSignal | undefined;
  /** Continues after this event of an earlier stream. */
  readonly last_event_id?: string | undefined;
}

/**
 * An event of the server, or of the connection. `open`: connected; read what you show now, unless the stream continues
 * after an event that you have. `lost`: the connection broke, and the client reconnects after `retry_in_ms`.
 */
export type OpenStreamEvent =
  | StreamEvent
  | { readonly type: 'open'; readonly id: string }
  | { readonly type: 'lost'; readonly id: string | null; readonly retry_in_ms: number };

/**
 * Yields changes as they are committed. It reconnects with increasing delays and continues where it was: no event is
 * missed or repeated, or else there is a `reset`. Requests are never repeated after a refusal such as 401 or 403.
 * @throws BellwireError the refusal; `aborted` by the signal; `unexpected_answer` if this is not a Bellwire with streams
 */
export type Stream = (options?: StreamOptions) => AsyncGenerator<OpenStreamEvent, never, undefined>;

/** The server sends something every 15 s. */
const SILENCE_MS = 40_000;
const MIN_DELAY_MS = 250;
const MAX_DELAY_MS = 10_000;

const isTemporary = ({ code, status }: BellwireError): boolean =>
  code === 'network' || code === 'timeout' || status === 429 || (status !== null && status >= 500);

const aborted = (cause: unknown): BellwireError =>
  new BellwireError('aborted', 'The stream was aborted by its signal.', { cause });

const addressOf = ({ url }: Connection, { tenant, hook_id }: StreamOptions): string => {
  const query = new URLSearchParams({
    ...(tenant === undefined ? {} : { tenant }),
    ...(hook_id === undefined ? {} : { hook_id: String(hook_id) }),
  });
  return `${url}/v1/stream${query.size === 0 ? '' : `?${query}`}`;
};

const noStream = (url: string): BellwireError =>
  new BellwireError(
    'unexpected_answer',
    `${new URL(url).origin} did not respond with a stream of events. Check the URL and that the option fetch passes the body on.`,
  );

const toEvent = ({ id, type, data }: RawEvent, url: string): StreamEvent => {
  try {
    return { type, id, data: JSON.parse(data) as unknown } as StreamEvent;
  } catch {
    throw noStream(url);
  }
};

interface Request {
  readonly connection: Connection;
  readonly url: string;
  readonly last_id: string | null;
  readonly signal: AbortSignal;
}

/** The body of the response, within the time limit of a request. @throws BellwireError */
const connect = async ({ connection, url, last_id, signal }: Request): Promise<ResponseBody> => {
  const { fetch, headers, timeout_ms } = connection;
  const connecting = new AbortController();
  const late = setTimeout(() => connecting.abort(), timeout_ms);
  try {
    const response = await fetch(url, {
      method: 'GET',
      headers: { ...headers, ...(last_id === null ? {} : { 'last-event-id': last_id }) },
      redirect: 'manual',
      signal: AbortSignal.any([signal, connecting.signal]),
    });
    // Throws the error of the refusal.
    if (response.status !== 200) readResponse(url, response, await response.text());
    const is_stream = (response.headers.get('content-type') ?? '').startsWith('text/event-stream');
    if (response.status !== 200 || !is_stream || !response.body) throw noStream(url);
    return response.body;
  } catch (thrown) {
    if (thrown instanceof BellwireError) throw thrown;
    const code = connecting.signal.aborted ? 'timeout' : 'network';
    throw new BellwireError(code, `${new URL(url).origin} did not respond (${reasonOf(thrown)}).`, {
      cause: thrown,
    });
  } finally {
    clearTimeout(late);
  }
};

const wait = async (ms: number, signal: AbortSignal): Promise<void> => {
  try {
    await pause(ms, signal);
  } catch (cause) {
    throw aborted(cause);
  }
};

/** Between half and all of a delay that doubles, so that many clients do not reconnect at once. */
const delayOf = (failures: number): number =>
  Math.min(MAX_DELAY_MS, MIN_DELAY_MS * 2 ** failures) * (0.5 + Math.random() / 2);

/** The state of one stream over its connections. */
interface Position {
  last_id: string | null;
  /** Connections in a row that brought no event. */
  failures: number;
}

async function* readOnce(
  request: Omit<Request, 'last_id'>,
  position: Position,
): AsyncGenerator<OpenStreamEvent, void, undefined> {
  const { signal } = request;
  const body = await connect({ ...request, last_id: position.last_id });
  let is_open = false;
  for await (const { id, type, data } of readEvents(body, { signal, silence_ms: SILENCE_MS })) {
    if (!is_open) yield { type: 'open', id: id ?? position.last_id ?? '' };
    is_open = true;
    position.failures = 0;
    if (type !== null) yield toEvent({ id, type, data }, request.url);
    // After the event was handled: who ends here and resumes later gets it again rather than never.
    position.last_id = id ?? position.last_id;
  }
}

export const createStream = (connection: Connection): Stream =>
  async function* stream(options = {}) {
    const url = addressOf(connection, options);
    const ending = new AbortController();
    const signal =
      options.signal === undefined ? ending.signal : AbortSignal.any([options.signal, ending.signal]);
    const position: Position = { last_id: options.last_event_id ?? null, failures: 0 };
    try {
      for (;;) {
        let requested_ms = 0;
        try {
          yield* readOnce({ connection, url, signal }, position);
        } catch (thrown) {
          if (!(thrown instanceof BellwireError) || (!isTemporary(thrown) && !signal.aborted)) throw thrown;
          requested_ms = (thrown.retry_after_s ?? 0) * 1000;
        }
        if (signal.aborted) throw aborted(signal.reason);
        const retry_in_ms = Math.max(requested_ms, delayOf(position.failures));
        position.failures += 1;
        yield { type: 'lost', id: position.last_id, retry_in_ms };
        await wait(retry_in_ms, signal);
      }
    } finally {
      ending.abort();
    }
  };
