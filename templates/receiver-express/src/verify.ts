// Verifies webhooks in a receiver: the table of dialects, then the verifier. Needs only Web Crypto.

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
export interface ReceiverDialect extends Required<SignatureFormat> {
  /** The path at which senders of this dialect expect a receiver by default. */
  readonly path: string;
  readonly methods: readonly string[];
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

const dialect = (scheme: Scheme, signature: string, rest: Partial<ReceiverDialect>): ReceiverDialect => ({
  scheme,
  signature,
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
  ...rest,
});
const anyRequest = { methods: ['POST', 'PUT', 'PATCH', 'DELETE'], forms: true };
const inHeaders = (id: string, type: string) => ({ id: { header: id }, type: { header: type } });
const idHeader = { id: { header: 'webhook-id' } };
const eventAndData = { type: { field: 'event' }, data: ['data'] };
const webhooks = { path: '/webhooks', data: ['data'] };
const answers = (ok: string, refusal: string, status = 401) => ({
  accepted: { status: 200, body: ok },
  refused: { status, body: refusal },
});
const textAnswers = answers('', 'Invalid signature');

/** Every built-in dialect by its name. */
export const receiverDialects = {
  standard: dialect('standard', 'webhook-signature', {
    timestamp: 'webhook-timestamp',
    ...idHeader,
    data: ['data'],
    ...anyRequest,
  }),
  svix: dialect('standard', 'svix-signature', { timestamp: 'svix-timestamp', id: { header: 'svix-id' } }),
  github: dialect('sha256=hex', 'x-hub-signature-256', {
    ...inHeaders('x-github-delivery', 'x-github-event'),
    ...anyRequest,
  }),
  stripe: dialect('stripe', 'stripe-signature', { data: ['data', 'object'] }),
  shopify: dialect('base64', 'x-shopify-hmac-sha256', inHeaders('x-shopify-webhook-id', 'x-shopify-topic')),
  slack: dialect('slack', 'x-slack-signature', { timestamp: 'x-slack-request-timestamp', ...idHeader }),
  q2: dialect('base64', 'x-q2-signature-256', {
    ...inHeaders('x-q2-delivery', 'x-q2-event'),
    path: '/',
    data_without: ['hook', 'hook_id'],
    pings: ['Ping'],
    ...textAnswers,
  }),
  'resource-api': dialect('hex', 'x-webhook-signature', { ...webhooks, previous_data: true }),
  connect2print: dialect('hex', 'x-webhook-signature', { ...eventAndData, ...webhooks, ...textAnswers }),
  activities: dialect('hex', 'x-signature', {
    ...eventAndData,
    path: '/',
    ...anyRequest,
    ...answers('', 'Could not verify the request signature.', 500),
  }),
  casesolved: dialect('plain', 'x-webhook-secret', {
    ...idHeader,
    ...eventAndData,
    pings: ['Webhook Validate', 'ping'],
    ...answers('OK', 'Unauthorized'),
  }),
} satisfies Readonly<Record<string, ReceiverDialect>>;

export type DialectName = keyof typeof receiverDialects;

export const isDialectName = (name: string): name is DialectName => Object.hasOwn(receiverDialects, name);

type HeaderList = { get(name: string): string | null };
type HeaderRecord = Readonly<Record<string, string | readonly string[] | undefined>>;
type AnyHeaders = HeaderList | HeaderRecord;
type FetchRequest = { headers: HeaderList; bodyUsed: boolean; arrayBuffer(): Promise<ArrayBuffer> };
type RawRequest = { readonly headers: AnyHeaders; readonly body: Uint8Array | ArrayBuffer | string };

/** A request of Node, Express or Fastify whose body is still unread. */
export interface NodeRequest extends AsyncIterable<unknown> {
  readonly headers: HeaderRecord;
  readonly readableEnded?: boolean;
}

/** A Fetch or Node request, or headers and the raw body. A string counts as its UTF-8 bytes. */
export type Received = Readonly<FetchRequest> | NodeRequest | RawRequest;

export interface VerifyOptions {
  /** The hook's secret. During a rotation: the new and the previous ones; any of them may have signed. */
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

type SignatureProblem = 'header_missing' | 'timestamp_malformed' | 'clock_off' | 'signature_mismatch';
type BodyProblem = 'body_changed' | 'body_parsed' | 'body_too_large';

/** Why a request is refused. `body_changed` is a `signature_mismatch` whose body is known to have been rewritten. */
export type RefusalReason = 'secret_unusable' | SignatureProblem | BodyProblem;

/** The message says what to check. It contains no secret, no signature and no part of the body. */
export type Refused = { readonly accepted: false; readonly reason: RefusalReason; readonly message: string };

export interface Verified {
  readonly accepted: true;
  /** The same for every attempt, so receivers can deduplicate. Null if the body should hold it and does not. */
  readonly id: string | null;
  readonly type: string | null;
  /** The bytes that were signed. */
  readonly body: Uint8Array;
  /**
   * The body, or the field `payload` of a form, as JSON. Every call returns the same value.
   * @throws SyntaxError or TypeError if it is not JSON in UTF-8
   */
  readonly json: () => unknown;
}

export type Verification = Verified | Refused;

type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });
const toBase64 = (bytes: Bytes): string => btoa(String.fromCharCode(...bytes));
const toHex = (bytes: Bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
const refuse = (reason: RefusalReason, message: string): Refused => ({ accepted: false, reason, message });

const orNull = <Value>(compute: () => Value): Value | null => {
  try {
    return compute();
  } catch {
    return null;
  }
};

/** The bytes of canonical, padded base64; null for any other text. */
const fromBase64 = (text: string): Bytes | null => {
  const binary = orNull(() => atob(text));
  if (binary === null || btoa(binary) !== text) return null;
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
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

const USE_RAW_BODY =
  'Verify before anything parses the body: express.raw() on this route, or await request.arrayBuffer().';
const notRaw = (problem: string): Refused => refuse('body_parsed', `${problem}. ${USE_RAW_BODY}`);
const ALREADY_READ = 'The body was already read, so the signed bytes are gone';

const readStream = async (request: NodeRequest, limit: number): Promise<Bytes | Refused> => {
  if (request.readableEnded === true) return notRaw(ALREADY_READ);
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request) {
    if (!(chunk instanceof Uint8Array)) return notRaw(ALREADY_READ);
    chunks.push(chunk);
    length += chunk.length;
    if (length > limit) break;
  }
  return join(chunks);
};

/** The raw body. Of a stream, little more than `limit` bytes are read. */
const readBody = async (received: Received, limit: number): Promise<Bytes | Refused> => {
  if ('arrayBuffer' in received) {
    return received.bodyUsed ? notRaw(ALREADY_READ) : new Uint8Array(await received.arrayBuffer());
  }
  // express.raw() leaves the bytes in `body`, on a request that could be iterated before.
  const body: unknown = 'body' in received ? received.body : undefined;
  if (typeof body === 'string') return encoder.encode(body);
  if (body instanceof Uint8Array || body instanceof ArrayBuffer) return new Uint8Array(body);
  if (body !== undefined && body !== null) {
    return notRaw(`The body is a parsed ${typeof body}, not the signed bytes: a middleware parsed it first`);
  }
  return Symbol.asyncIterator in received ? readStream(received, limit) : notRaw(ALREADY_READ);
};

const isHeaderList = (headers: AnyHeaders): headers is HeaderList => typeof headers.get === 'function';

/** The header with this lower-case name; empty if it is absent. */
const readHeader = (headers: AnyHeaders, name: string): string => {
  if (isHeaderList(headers)) return headers.get(name) ?? '';
  const value = headers[Object.keys(headers).find((key) => key.toLowerCase() === name) ?? ''];
  return typeof value === 'string' ? value : (value?.join(', ') ?? '');
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

type HmacFormat = readonly [before: string, label: string, separator: string | null, encode: typeof toHex];

/** The text that is signed before the body, and how the header labels, separates and encodes signatures. */
const hmacFormats: Readonly<Record<Exclude<Scheme, 'plain'>, HmacFormat>> = {
  standard: ['{id}.{timestamp}.', 'v1,', ' ', toBase64],
  stripe: ['{timestamp}.', 'v1=', ',', toHex],
  slack: ['v0:{timestamp}:', 'v0=', null, toHex],
  base64: ['', '', null, toBase64],
  hex: ['', '', null, toHex],
  'sha256=hex': ['', 'sha256=', null, toHex],
};

type Key = { readonly algorithm: 'HMAC' | 'Ed25519'; readonly bytes: Bytes };
type Signature = Readonly<Record<'text' | 'id' | 'timestamp', string>> & { readonly scheme: Scheme };

const parseSecret = (scheme: Scheme, secret: string): Key | null => {
  const prefix = scheme === 'standard' ? /^(?:whsec_|whpk_)/.exec(secret)?.[0] : undefined;
  const bytes = prefix === undefined ? encoder.encode(secret) : fromBase64(secret.slice(prefix.length));
  // Anyone could sign with an empty key.
  if (bytes === null || bytes.length === 0) return null;
  if (prefix !== 'whpk_') return { algorithm: 'HMAC', bytes };
  return bytes.length === 32 ? { algorithm: 'Ed25519', bytes } : null;
};

/** Whether `verify` can use this secret in a format with this scheme. */
export const isUsableSecret = (scheme: Scheme, secret: string): boolean =>
  parseSecret(scheme, secret) !== null;

/** Importing a key takes a quarter of the time of `verify`, so up to 100 imported keys are kept. */
const importedKeys = new Map<string, CryptoKey>();

const importKey = async ({ algorithm: name, bytes }: Key): Promise<CryptoKey> => {
  const entry = `${name} ${bytes.join()}`;
  const known = importedKeys.get(entry);
  if (known !== undefined) return known;
  const usage = name === 'HMAC' ? 'sign' : 'verify';
  const key = await crypto.subtle.importKey('raw', bytes, { name, hash: 'SHA-256' }, false, [usage]);
  if (importedKeys.size >= 100) importedKeys.clear();
  importedKeys.set(entry, key);
  return key;
};

const isSignedWith = async (secret: Key, signature: Signature, body: Bytes): Promise<boolean> => {
  const { scheme, text } = signature;
  const { subtle } = crypto;
  if (scheme === 'plain') {
    // Digests have one length, so the time does not reveal the secret's.
    const digest = async (value: Bytes) => toHex(new Uint8Array(await subtle.digest('SHA-256', value)));
    return equal(await digest(encoder.encode(text)), await digest(secret.bytes));
  }
  const [before, label, separator, encode] = hmacFormats[scheme];
  const prefix = before.replace(/\{(id|timestamp)\}/g, (_, name: 'id' | 'timestamp') => signature[name]);
  const message = join([encoder.encode(prefix), body]);
  const parts = separator === null ? [text] : text.split(separator);
  const key = await importKey(secret);
  if (secret.algorithm === 'Ed25519') {
    const encoded = parts.filter((part) => part.startsWith('v1a,')).map((part) => part.slice('v1a,'.length));
    const candidates = encoded.map(fromBase64).filter((candidate) => candidate !== null);
    const checks = candidates.map((candidate) => subtle.verify('Ed25519', key, candidate, message));
    return (await Promise.all(checks)).includes(true);
  }
  // Texts are compared, not decoded bytes: a lenient decoder would accept several texts for one signature.
  const expected = label + encode(new Uint8Array(await subtle.sign('HMAC', key, message)));
  return parts.map((part) => equal(part, expected)).includes(true);
};

type Check = (body: Bytes) => Promise<boolean>;

const explainMismatch = async (announced: string, body: Bytes, isSigned: Check): Promise<Refused> => {
  const arrived = plural(body.length, 'byte');
  if (/^\d+$/.test(announced) && Number(announced) !== body.length) {
    const lengths = `The sender sent ${plural(Number(announced), 'byte')} but ${arrived} arrived`;
    return refuse('body_changed', `${lengths}: the body was rewritten in transit. ${USE_RAW_BODY}`);
  }
  // Most senders write JSON without white space.
  const compact = orNull(() => encoder.encode(JSON.stringify(JSON.parse(decoder.decode(body)))));
  if (compact !== null && compact.length !== body.length && (await isSigned(compact))) {
    const length = plural(compact.length, 'byte');
    const lengths = `The signature matches the same JSON in ${length} but ${arrived} arrived`;
    return refuse('body_changed', `${lengths}: it was parsed and serialised again. ${USE_RAW_BODY}`);
  }
  const causes = 'It belongs to another hook or was rotated, or the body was changed in transit.';
  return refuse('signature_mismatch', `No secret matches the signature of these ${arrived}. ${causes}`);
};

const accept = (headers: AnyHeaders, body: Bytes, { id, type, forms = false }: SignatureFormat): Verified => {
  const isForm = forms && /^application\/x-www-form-urlencoded/i.test(readHeader(headers, 'content-type'));
  let parsed: { readonly value: unknown } | undefined;
  const text = (): string => decoder.decode(body);
  const field = (): string => new URLSearchParams(text()).get('payload') ?? '';
  const json = (): unknown => (parsed ??= { value: JSON.parse(isForm ? field() : text()) }).value;
  const read = (place: Place): string | null => {
    if ('header' in place) return readHeader(headers, place.header);
    const event = orNull(json) as Readonly<Record<string, unknown>> | null;
    const value = event?.[place.field];
    return typeof value === 'string' ? value : null;
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
  const { scheme } = format;

  const body = await readBody(received, max_body_bytes);
  if ('accepted' in body) return body;
  if (body.length > max_body_bytes) {
    const advice = 'Raise max_body_bytes if necessary.';
    return refuse('body_too_large', `The body is longer than ${max_body_bytes} bytes. ${advice}`);
  }
  const secrets = typeof secret === 'string' ? [secret] : secret;
  const keys = secrets.map((one) => parseSecret(scheme, one)).filter((key) => key !== null);
  if (keys.length === 0) {
    return refuse('secret_unusable', 'No usable secret is set. Use the one that was returned for the hook.');
  }

  const header = (name: string | null): string => (name === null ? '' : readHeader(received.headers, name));
  const id = 'header' in format.id ? format.id.header : null;
  const required = [id, format.timestamp, format.signature];
  const missing = required.find((name) => name !== null && header(name) === '');
  if (missing !== undefined) {
    const causes = 'The sender is not Bellwire, the hook has another dialect, or a proxy removed it.';
    return refuse('header_missing', `The header ${missing} is missing. ${causes}`);
  }

  const text = header(format.signature);
  // Stripe's header contains the time; several times, joined here, are malformed.
  const times = text.split(',').filter((part) => part.startsWith('t='));
  const inside = scheme === 'stripe' ? times.join().slice('t='.length) : null;
  const timestamp = format.timestamp === null ? inside : header(format.timestamp);
  const untimely = timestamp === null ? null : checkTime(timestamp, now() / 1000, tolerance_s);
  if (untimely !== null) return untimely;

  const signature = { scheme, text, id: header(id), timestamp: timestamp ?? '' };
  // Every secret is tried, so that the time does not reveal which one matched.
  const isSigned: Check = async (bytes) => {
    const checks = keys.map((key) => isSignedWith(key, signature, bytes));
    return (await Promise.all(checks)).includes(true);
  };
  return (await isSigned(body))
    ? accept(received.headers, body, format)
    : explainMismatch(header('content-length'), body, isSigned);
};
