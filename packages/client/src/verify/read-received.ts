import { type Bytes, join, utf8 } from './bytes.ts';
import { type Refused, refused } from './refusal.ts';

type HeaderRecord = Readonly<Record<string, string | readonly string[] | undefined>>;
type HeaderList = { get(name: string): string | null };

/** A Fetch `Request`, as far as it is needed. */
export interface FetchRequest {
  readonly headers: HeaderList;
  readonly bodyUsed: boolean;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** A request of Node (and of Express and Fastify on it) whose body nobody has read yet. */
export interface NodeRequest extends AsyncIterable<unknown> {
  readonly headers: HeaderRecord;
  readonly readableEnded?: boolean;
}

/** Headers and the raw body, however they were got. A text counts as its UTF-8 bytes. */
export interface RawRequest {
  readonly headers: HeaderList | HeaderRecord;
  readonly body: Uint8Array | ArrayBuffer | string;
}

export type Received = FetchRequest | NodeRequest | RawRequest;

export interface ReadRequest {
  /** A header's value by its name in lower case; empty when it is absent. */
  readonly header: (name: string) => string;
  readonly body: Bytes;
}

const isHeaderList = (headers: HeaderList | HeaderRecord): headers is HeaderList =>
  typeof headers.get === 'function';

const headerReader = (headers: HeaderList | HeaderRecord): ReadRequest['header'] => {
  if (isHeaderList(headers)) return (name) => headers.get(name) ?? '';
  const byName = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return (name) => {
    const value = byName.get(name);
    return typeof value === 'string' ? value : (value?.join(', ') ?? '');
  };
};

const REMEDY =
  'Verify before anything parses it: express.raw() on this route, or await request.arrayBuffer().';

const alreadyRead = (): Refused =>
  refused('body_parsed', `The body was read already, so the bytes that were signed are gone. ${REMEDY}`);

const tooLarge = (limit: number): Refused =>
  refused('body_too_large', `The body is longer than ${limit} bytes. Raise max_body_bytes if that is right.`);

const readStream = async (request: NodeRequest, limit: number): Promise<Bytes | Refused> => {
  if (request.readableEnded === true) return alreadyRead();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request) {
    if (!(chunk instanceof Uint8Array)) return alreadyRead();
    length += chunk.length;
    if (length > limit) return tooLarge(limit);
    chunks.push(chunk);
  }
  return join(chunks);
};

const readBody = async (received: Received, limit: number): Promise<Bytes | Refused> => {
  if ('arrayBuffer' in received) {
    return received.bodyUsed ? alreadyRead() : new Uint8Array(await received.arrayBuffer());
  }
  // What an express.raw() read stands in `body`, on a request that could be iterated before.
  const body: unknown = 'body' in received ? received.body : undefined;
  if (typeof body === 'string') return utf8(body);
  if (body instanceof Uint8Array) return join([body]);
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  if (body !== undefined && body !== null) {
    return refused(
      'body_parsed',
      `The body is a parsed ${typeof body}, not the bytes that were signed: a middleware was faster. ${REMEDY}`,
    );
  }
  return Symbol.asyncIterator in received ? readStream(received, limit) : alreadyRead();
};

/** Reads what verification needs of a request. A Fetch request or a stream is used up by it. */
export const readReceived = async (received: Received, limit: number): Promise<ReadRequest | Refused> => {
  const body = await readBody(received, limit);
  if ('accepted' in body) return body;
  if (body.length > limit) return tooLarge(limit);
  return { header: headerReader(received.headers), body };
};
