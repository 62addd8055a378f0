// Verification of webhooks in a receiver: the formats of the dialects, then the verifier. Needs only Web Crypto.

/** How a signature is computed. `plain`: the header carries the secret itself. */
export type Scheme = 'standard' | 'stripe' | 'slack' | 'base64' | 'hex' | 'sha256=hex' | 'plain';

/** The position of a value: a header (lower-case name) or a top-level field of the JSON body. */
export type Place = { readonly header: string } | { readonly field: string };

/** The part of a dialect that `verify` needs. Spread a known dialect to describe your own. */
export interface SignatureFormat {
  readonly scheme: Scheme;
  /** The signature's header, in lower case. */
  readonly signature: string;
  /** The header with the time of signing in seconds since 1970; null where there is none or the signature holds it. */
  readonly timestamp: string | null;
  /** The deduplication key. */
  readonly id: Place;
  readonly type: Place;
  /** Whether the JSON may also arrive in the field `payload` of a form; false by default. */
  readonly forms?: boolean;
}

/** A string body is sent as plain text, an object as JSON. */
export type ReceiverAnswer = { readonly status: number; readonly body: string | Record<string, string> };

/** The receiver-side description of a dialect. JSON-serialisable. */
export interface ReceiverDialect extends SignatureFormat {
  /** The path at which senders of this dialect expect a receiver by default. */
  readonly path: string;
  readonly methods: readonly string[];
  readonly forms: boolean;
  /** The keys that lead from the body to the event's data; empty if the body is the data. */
  readonly data: readonly string[];
  /** The keys of the data that belong to the envelope. */
  readonly data_without: readonly string[];
  /** Whether the field `previous_data` holds the state before a change. */
  readonly previous_data: boolean;
  /** The event types that only test the connection: answered, never handled. */
  readonly pings: readonly string[];
  readonly accepted: ReceiverAnswer;
  readonly refused: ReceiverAnswer;
}

const common = {
  timestamp: null,
  id: { field: 'id' },
  type: { field: 'type' },
  path: '/webhook',
  methods: ['POST'],
  forms: false,
  data: [],
  data_without: [],
  previous_data: false,
  pings: ['ping'],
  accepted: { status: 200, body: { status: 'received' } },
  refused: { status: 401, body: { error: 'Invalid signature' } },
};
const anyRequest = { methods: ['POST', 'PUT', 'PATCH', 'DELETE'], forms: true };
const textAnswers = {
  accepted: { status: 200, body: '' },
  refused: { status: 401, body: 'Invalid signature' },
};

const dialect = (scheme: Scheme, signature: string, rest: Partial<ReceiverDialect>): ReceiverDialect => ({
  scheme,
  signature,
  ...common,
  ...rest,
});

/** Every built-in dialect by its name. */
export const receiverDialects = {
  standard: dialect('standard', 'webhook-signature', {
    timestamp: 'webhook-timestamp',
    id: { header: 'webhook-id' },
    data: ['data'],
    ...anyRequest,
  }),
  svix: dialect('standard', 'svix-signature', { timestamp: 'svix-timestamp', id: { header: 'svix-id' } }),
  github: dialect('sha256=hex', 'x-hub-signature-256', {
    id: { header: 'x-github-delivery' },
    type: { header: 'x-github-event' },
    ...anyRequest,
  }),
  stripe: dialect('stripe', 'stripe-signature', { data: ['data', 'object'] }),
  shopify: dialect('base64', 'x-shopify-hmac-sha256', {
    id: { header: 'x-shopify-webhook-id' },
    type: { header: 'x-shopify-topic' },
  }),
  slack: dialect('slack', 'x-slack-signature', {
    timestamp: 'x-slack-request-timestamp',
    id: { header: 'webhook-id' },
  }),
  q2: dialect('base64', 'x-q2-signature-256', {
    id: { header: 'x-q2-delivery' },
    type: { header: 'x-q2-event' },
    path: '/',
    data_without: ['hook', 'hook_id'],
    pings: ['Ping'],
    ...textAnswers,
  }),
  'resource-api': dialect('hex', 'x-webhook-signature', {
    path: '/webhooks',
    data: ['data'],
    previous_data: true,
  }),
  connect2print: dialect('hex', 'x-webhook-signature', {
    type: { field: 'event' },
    path: '/webhooks',
    data: ['data'],
    ...textAnswers,
  }),
  activities: dialect('hex', 'x-signature', {
    type: { field: 'event' },
    path: '/',
    data: ['data'],
    ...anyRequest,
    ...textAnswers,
    refused: { status: 500, body: 'Could not verify the request signature.' },
  }),
  casesolved: dialect('plain', 'x-webhook-secret', {
    id: { header: 'webhook-id' },
    type: { field: 'event' },
    data: ['data'],
    pings: ['Webhook Validate', 'ping'],
    accepted: { status: 200, body: 'OK' },
    refused: { status: 401, body: 'Unauthorized' },
  }),
} satisfies Readonly<Record<string, ReceiverDialect>>;

export type DialectName = keyof typeof receiverDialects;

export const isDialectName = (name: string): name is DialectName => Object.hasOwn(receiverDialects, name);

type HeaderList = { get(name: string): string | null };
type HeaderRecord = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The part of a Fetch `Request` that `verify` reads. */
export interface FetchRequest {
  readonly headers: HeaderList;
  readonly bodyUsed: boolean;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** A request of Node, Express or Fastify whose body is still unread. */
export interface NodeRequest extends AsyncIterable<unknown> {
  readonly headers: HeaderRecord;
  readonly readableEnded?: boolean;
}

/** Headers and the raw body. A string counts as its UTF-8 bytes. */
export interface RawRequest {
  readonly headers: HeaderList | HeaderRecord;
  readonly body: Uint8Array | ArrayBuffer | string;
}

export type Received = FetchRequest | NodeRequest | RawRequest;

export interface VerifyOptions {
  /** The hook's secret. While it rotates: the new and the previous ones; a signature by any of them is accepted. */
  readonly secret: string | readonly string[];
  /** `standard` by default. */
  readonly dialect?: DialectName | SignatureFormat;
  /** The maximum distance between the time of signing and now, in seconds; 300 by default. */
  readonly tolerance_s?: number;
  /** The maximum length of the body, in bytes; 1 MiB by default. */
  readonly max_body_bytes?: number;
  /** The current time in milliseconds since 1970; the system clock by default. */
  readonly now?: () => number;
}

/** Why a request is refused. `body_changed` is a `signature_mismatch` whose body is known to have been rewritten. */
export type RefusalReason =
  | 'secret_unusable'
  | 'header_missing'
  | 'timestamp_malformed'
  | 'clock_off'
  | 'signature_mismatch'
  | 'body_changed'
  | 'body_parsed'
  | 'body_too_large';

export interface Refused {
  readonly accepted: false;
  readonly reason: RefusalReason;
  /** What is wrong and what to check. Contains no secret, no signature and nothing of the body. */
  readonly message: string;
}

export interface Verified {
  readonly accepted: true;
  /** The same for every attempt, so receivers can deduplicate. Null if the body should hold it and does not. */
  readonly id: string | null;
  readonly type: string | null;
  /** The bytes that were signed. */
  readonly body: Uint8Array;
  /**
   * The body, or the field `payload` of a form, as JSON.
   * @throws SyntaxError or TypeError if it is not JSON in UTF-8
   */
  readonly json: () => unknown;
}

export type Verification = Verified | Refused;

type Bytes = Uint8Array<ArrayBuffer>;
type Key = { readonly kind: 'hmac' | 'ed25519'; readonly bytes: Bytes };

const utf8 = (text: string): Bytes => new TextEncoder().encode(text);
const textOf = (bytes: Bytes): string => new TextDecoder('utf-8', { fatal: true }).decode(bytes);
const toHex = (bytes: Bytes): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
const toBase64 = (bytes: Bytes): string =>
  btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
const refuse = (reason: RefusalReason, message: string): Refused => ({ accepted: false, reason, message });

/** The bytes of canonical, padded base64; null for any other text. */
const fromBase64 = (text: string): Bytes | null => {
  try {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    return toBase64(bytes) === text ? bytes : null;
  } catch {
    return null;
  }
};

const join = (parts: readonly Uint8Array[]): Bytes => {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
};

/** Compares in a time that depends only on the lengths. */
const equal = (a: string, b: string): boolean => {
  let difference = a.length ^ b.length;
  // Past the end of `a`, charCodeAt is NaN and counts as 0: the lengths differ already.
  for (let index = 0; index < b.length; index++) difference |= a.charCodeAt(index) ^ b.charCodeAt(index);
  return difference === 0;
};

const keyOf = (scheme: Scheme, secret: string): Key | null => {
  // Anybody could sign with an empty key.
  if (secret === '') return null;
  const prefix = scheme === 'standard' ? /^(?:whsec_|whpk_)/.exec(secret)?.[0] : undefined;
  if (prefix === undefined) return { kind: 'hmac', bytes: utf8(secret) };
  const bytes = fromBase64(secret.slice(prefix.length));
  if (bytes === null || bytes.length === 0) return null;
  if (prefix === 'whsec_') return { kind: 'hmac', bytes };
  return bytes.length === 32 ? { kind: 'ed25519', bytes } : null;
};

/** Whether `verify` can use this secret in a format with this scheme. */
export const isUsableSecret = (scheme: Scheme, secret: string): boolean => keyOf(scheme, secret) !== null;

const PARSE_LATER =
  'Verify before anything parses the body: express.raw() on this route, or await request.arrayBuffer().';

const alreadyRead = (): Refused =>
  refuse('body_parsed', `The body was already read, so the signed bytes are gone. ${PARSE_LATER}`);

const tooLarge = (limit: number): Refused =>
  refuse('body_too_large', `The body is longer than ${limit} bytes. Raise max_body_bytes if necessary.`);

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
  // express.raw() leaves the bytes in `body`, on a request that could be iterated before.
  const body: unknown = 'body' in received ? received.body : undefined;
  if (typeof body === 'string') return utf8(body);
  if (body instanceof Uint8Array) return join([body]);
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  if (body !== undefined && body !== null) {
    const message = `The body is a parsed ${typeof body}, not the signed bytes: a middleware parsed it first.`;
    return refuse('body_parsed', `${message} ${PARSE_LATER}`);
  }
  return Symbol.asyncIterator in received ? readStream(received, limit) : alreadyRead();
};

const isHeaderList = (headers: HeaderList | HeaderRecord): headers is HeaderList =>
  typeof headers.get === 'function';

/** A header's value by its lower-case name; empty if it is absent. */
type ReadHeader = (name: string) => string;

const headerReader = (headers: HeaderList | HeaderRecord): ReadHeader => {
  if (isHeaderList(headers)) return (name) => headers.get(name) ?? '';
  const byName = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return (name) => {
    const value = byName.get(name);
    return typeof value === 'string' ? value : (value?.join(', ') ?? '');
  };
};

/** The text of the time of signing; null in a format without one, empty if Stripe's header does not hold it once. */
const timestampOf = (
  header: ReadHeader,
  { scheme, signature, timestamp }: SignatureFormat,
): string | null => {
  if (timestamp !== null) return header(timestamp);
  if (scheme !== 'stripe') return null;
  const parts = header(signature).split(',');
  const [time = '', ...others] = parts.filter((part) => part.startsWith('t='));
  return others.length === 0 ? time.slice('t='.length) : '';
};

const checkTime = (timestamp: string, now_s: number, tolerance_s: number): Refused | null => {
  if (!/^[0-9]{1,12}$/.test(timestamp)) {
    return refuse('timestamp_malformed', 'The time of signing is not a number of seconds since 1970.');
  }
  const age = now_s - Number(timestamp);
  if (Math.abs(age) <= tolerance_s) return null;
  const distance = `${plural(Math.round(Math.abs(age)), 'second')} ${age > 0 ? 'ago' : 'in the future'}`;
  const cause = `${age > 0 ? 'It is a replay, or the' : 'The'} clocks of sender and receiver differ.`;
  return refuse('clock_off', `The request was signed ${distance}; ${tolerance_s} are allowed. ${cause}`);
};

interface Signed {
  /** The text of the signature header. */
  readonly signature: string;
  readonly id: string;
  readonly timestamp: string;
  readonly body: Bytes;
}

/** `prefix` is signed before the body, `label` precedes each signature, `separator` divides several. */
interface HmacFormat {
  readonly prefix?: (signed: Signed) => string;
  readonly label?: string;
  readonly separator?: string;
  readonly encode: (mac: Bytes) => string;
}

const hmacFormats: Readonly<Record<Exclude<Scheme, 'plain'>, HmacFormat>> = {
  standard: { prefix: (s) => `${s.id}.${s.timestamp}.`, label: 'v1,', separator: ' ', encode: toBase64 },
  stripe: { prefix: (s) => `${s.timestamp}.`, label: 'v1=', separator: ',', encode: toHex },
  slack: { prefix: (s) => `v0:${s.timestamp}:`, label: 'v0=', encode: toHex },
  base64: { encode: toBase64 },
  hex: { encode: toHex },
  'sha256=hex': { label: 'sha256=', encode: toHex },
};

const hmac = async (key: Bytes, message: Bytes): Promise<Bytes> => {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const imported = await crypto.subtle.importKey('raw', key, algorithm, false, ['sign']);
  return new Uint8Array(await crypto.subtle.sign('HMAC', imported, message));
};

const isEd25519 = async (key: Bytes, signature: string, message: Bytes): Promise<boolean> => {
  const bytes = fromBase64(signature);
  if (bytes === null) return false;
  const imported = await crypto.subtle.importKey('raw', key, { name: 'Ed25519' }, false, ['verify']);
  return crypto.subtle.verify('Ed25519', imported, bytes, message);
};

const isSignedWith = async (scheme: Scheme, { kind, bytes }: Key, signed: Signed): Promise<boolean> => {
  if (scheme === 'plain') {
    // MACs have one length, so the time does not reveal the secret's.
    const [given, own] = [await hmac(bytes, utf8(signed.signature)), await hmac(bytes, bytes)];
    return equal(toHex(given), toHex(own));
  }
  const { prefix, label = '', separator, encode } = hmacFormats[scheme];
  const message = prefix === undefined ? signed.body : join([utf8(prefix(signed)), signed.body]);
  const parts = separator === undefined ? [signed.signature] : signed.signature.split(separator);
  if (kind === 'ed25519') {
    const candidates = parts.filter((part) => part.startsWith('v1a,'));
    const checks = candidates.map((part) => isEd25519(bytes, part.slice('v1a,'.length), message));
    return (await Promise.all(checks)).includes(true);
  }
  // Texts are compared, not decoded bytes: a lenient decoder would accept several texts for one signature.
  const expected = label + encode(await hmac(bytes, message));
  return parts.map((part) => equal(part, expected)).includes(true);
};

/** The body without white space, as most senders write it; null if it is not JSON. */
const compact = (body: Bytes): Bytes | null => {
  try {
    return utf8(JSON.stringify(JSON.parse(textOf(body))));
  } catch {
    return null;
  }
};

const explainMismatch = async (
  announced: string,
  body: Bytes,
  isSigned: (body: Bytes) => Promise<boolean>,
): Promise<Refused> => {
  const arrived = `${plural(body.length, 'byte')} arrived`;
  if (/^\d+$/.test(announced) && Number(announced) !== body.length) {
    const lengths = `The sender sent ${plural(Number(announced), 'byte')} but ${arrived}`;
    const advice = 'Use the raw body, before any middleware parses it.';
    return refuse('body_changed', `${lengths}: the body was rewritten in transit. ${advice}`);
  }
  const original = compact(body);
  if (original !== null && original.length !== body.length && (await isSigned(original))) {
    const lengths = `The signature matches the same JSON in ${plural(original.length, 'byte')} but ${arrived}`;
    return refuse('body_changed', `${lengths}: it was parsed and serialised again. Use the raw body.`);
  }
  const causes = 'It belongs to another hook or was rotated, or the body was changed in transit.';
  const length = plural(body.length, 'byte');
  return refuse('signature_mismatch', `No secret matches the signature of these ${length}. ${causes}`);
};

const accept = (header: ReadHeader, body: Bytes, { id, type, forms = false }: SignatureFormat): Verified => {
  const isForm = forms && /^application\/x-www-form-urlencoded/i.test(header('content-type'));
  const json = (): unknown =>
    JSON.parse(isForm ? (new URLSearchParams(textOf(body)).get('payload') ?? '') : textOf(body));
  const read = (place: Place): string | null => {
    if ('header' in place) return header(place.header);
    try {
      const value = (json() as Readonly<Record<string, unknown>> | null)?.[place.field];
      return typeof value === 'string' ? value : null;
    } catch {
      return null;
    }
  };
  return { accepted: true, id: read(id), type: read(type) || null, body, json };
};

/**
 * Verifies that a request was signed with the secret: over the raw bytes, compared in constant time, and signed within
 * the tolerance where the dialect signs a time. Never throws for what a sender sent; a refusal explains itself in words
 * that are safe to log. Reads the body of a Fetch request or a stream.
 */
export const verify = async (received: Received, options: VerifyOptions): Promise<Verification> => {
  const { secret, tolerance_s = 300, max_body_bytes = 1_048_576, now = Date.now } = options;
  const { dialect: named = 'standard' } = options;
  const format: SignatureFormat = typeof named === 'string' ? receiverDialects[named] : named;
  const { scheme, signature, id } = format;

  const body = await readBody(received, max_body_bytes);
  if ('accepted' in body) return body;
  if (body.length > max_body_bytes) return tooLarge(max_body_bytes);
  const header = headerReader(received.headers);

  const secrets = typeof secret === 'string' ? [secret] : secret;
  const keys = secrets.map((one) => keyOf(scheme, one)).filter((key) => key !== null);
  if (keys.length === 0) {
    return refuse('secret_unusable', 'No usable secret is set. Use the one that was returned for the hook.');
  }

  const id_header = 'header' in id ? id.header : null;
  const required = [id_header, format.timestamp, signature];
  const missing = required.find((name) => name !== null && header(name) === '');
  if (missing !== undefined) {
    const causes = 'The sender is not Bellwire, the hook has another dialect, or a proxy removed it.';
    return refuse('header_missing', `The header ${missing} is missing. ${causes}`);
  }

  const timestamp = timestampOf(header, format);
  const untimely = timestamp === null ? null : checkTime(timestamp, now() / 1000, tolerance_s);
  if (untimely !== null) return untimely;

  const signed = {
    signature: header(signature),
    id: id_header === null ? '' : header(id_header),
    timestamp: timestamp ?? '',
  };
  // Every secret is tried, so that the time does not reveal which one matched.
  const isSigned = async (bytes: Bytes): Promise<boolean> => {
    const checks = keys.map((key) => isSignedWith(scheme, key, { ...signed, body: bytes }));
    return (await Promise.all(checks)).includes(true);
  };
  return (await isSigned(body))
    ? accept(header, body, format)
    : explainMismatch(header('content-length'), body, isSigned);
};
