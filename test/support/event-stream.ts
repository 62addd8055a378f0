import { ADMIN_KEY, until } from './running-server.ts';

/** An event as a client of `GET /v1/stream` reads it. */
export interface ReadEvent {
  readonly id: string;
  readonly type: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests read whatever the server sends.
  readonly data: any;
}

export interface OpenStream extends AsyncDisposable {
  readonly status: number;
  readonly headers: Headers;
  readonly events: readonly ReadEvent[];
  /** The latest id, also of lines without an event. */
  readonly lastId: () => string;
  /** Resolves with the events once one of them matches. */
  readonly has: (matches: (event: ReadEvent) => boolean) => Promise<readonly ReadEvent[]>;
  /** Resolves when the server has ended the response. */
  readonly ended: Promise<void>;
}

/** The events in a text, and its last id. */
const parseEvents = (text: string): { readonly events: ReadEvent[]; readonly last_id: string } => {
  const events: ReadEvent[] = [];
  let last_id = '';
  for (const block of text.split('\n\n')) {
    const fields = new Map(
      block.split('\n').map((line) => {
        const at = line.indexOf(': ');
        return [line.slice(0, at), line.slice(at + 2)] as const;
      }),
    );
    last_id = fields.get('id') ?? last_id;
    const [type, data] = [fields.get('event'), fields.get('data')];
    if (type !== undefined && data !== undefined) events.push({ id: last_id, type, data: JSON.parse(data) });
  }
  return { events, last_id };
};

interface StreamTarget {
  readonly path?: string;
  readonly query?: string;
  readonly key?: string;
  readonly headers?: object;
}

/** Opens a stream over a socket and reads all of it. Resolves once the response has begun and has its first id. */
export const openStream = async (
  origin: string,
  { path = '/v1/stream', query = '', key = ADMIN_KEY, headers = {} }: StreamTarget = {},
): Promise<OpenStream> => {
  const aborter = new AbortController();
  const response = await fetch(origin + path + query, {
    headers: { accept: 'text/event-stream', authorization: `Bearer ${key}`, ...headers },
    signal: aborter.signal,
  });
  const events: ReadEvent[] = [];
  let [rest, last_id] = ['', ''];
  const read = async (): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const chunk of response.body!) {
      rest += decoder.decode(chunk, { stream: true });
      const end = rest.lastIndexOf('\n\n') + 2;
      if (end === 1) continue;
      const parsed = parseEvents(rest.slice(0, end));
      events.push(...parsed.events);
      last_id = parsed.last_id || last_id;
      rest = rest.slice(end);
    }
  };
  const ended = response.status === 200 ? read().catch(() => undefined) : Promise.resolve();
  if (response.status === 200)
    await until(
      async () => last_id,
      (id) => id !== '',
    );
  return {
    status: response.status,
    headers: response.headers,
    events,
    lastId: () => last_id,
    has: (matches) =>
      until(
        async () => events,
        (all) => all.some(matches),
      ),
    ended,
    [Symbol.asyncDispose]: async () => {
      aborter.abort();
      await ended;
    },
  };
};
