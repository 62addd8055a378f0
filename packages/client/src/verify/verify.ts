import type { Bytes } from './bytes.ts';
import { type DialectName, type Place, type ReceiverDialect, receiverDialects } from './dialects.ts';
import { explain } from './explain.ts';
import { judgeTime, timestampOf } from './judge-time.ts';
import { type Key, keysOf } from './keys.ts';
import { type ReadRequest, readReceived, type Received } from './read-received.ts';
import { type Refused, refused } from './refusal.ts';
import { isSignedWith, type Signed } from './schemes.ts';

export interface VerifyOptions {
  /** The hook's secret. While it rotates: the new one and those before it; any of them is taken. */
  readonly secret: string | readonly string[];
  /** Which receivers' format the hook speaks; `standard` unless said otherwise. */
  readonly dialect?: DialectName | ReceiverDialect;
  /** How far the time of signing may be from now, in seconds; 300 unless said otherwise. */
  readonly tolerance_s?: number;
  /** The longest body that is read, in bytes; 1 MiB unless said otherwise. */
  readonly max_body_bytes?: number;
  /** The time, in milliseconds since 1970; the system's unless said otherwise. */
  readonly now?: () => number;
}

export interface Verified {
  readonly accepted: true;
  /** The same for every attempt: do each only once. Null where a body should hold it and does not. */
  readonly id: string | null;
  readonly type: string | null;
  /** The bytes that were signed. */
  readonly body: Uint8Array;
  /**
   * The body as JSON.
   * @throws SyntaxError when it is none
   */
  readonly json: () => unknown;
}

export type Verification = Verified | Refused;

const MIB = 1_048_576;

const placeHeader = (place: Place): readonly string[] => ('header' in place ? [place.header] : []);

const isSigned = async (scheme: ReceiverDialect['scheme'], keys: readonly Key[], signed: Signed) =>
  (await Promise.all(keys.map((key) => isSignedWith(scheme, key, signed)))).includes(true);

const valueAt = ({ header }: ReadRequest, place: Place, json: () => unknown): string | null => {
  if ('header' in place) return header(place.header) || null;
  try {
    const value = (json() as Readonly<Record<string, unknown>> | null)?.[place.field];
    return typeof value === 'string' ? value : null;
  } catch {
    return null;
  }
};

const accept = (request: ReadRequest, dialect: ReceiverDialect): Verified => {
  const json = (): unknown => JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(request.body));
  return {
    accepted: true,
    id: valueAt(request, dialect.id, json),
    type: valueAt(request, dialect.type, json),
    body: request.body,
    json,
  };
};

const judge = async (
  request: ReadRequest,
  dialect: ReceiverDialect,
  options: VerifyOptions,
): Promise<Verification> => {
  const { secret, tolerance_s = 300, now = Date.now } = options;
  const { scheme, signature } = dialect;
  const keys = keysOf(scheme, typeof secret === 'string' ? [secret] : secret);
  if (keys.length === 0) {
    return refused(
      'secret_unusable',
      'No secret is set that could sign anything. Take the one that the hook was made with.',
    );
  }
  const needed = [...placeHeader(dialect.id), dialect.timestamp, signature].filter((name) => name !== null);
  const missing = needed.find((name) => request.header(name) === '');
  if (missing !== undefined) {
    return refused(
      'header_missing',
      `The header ${missing} is missing. Either the sender is not Bellwire, or the hook speaks another dialect, or a proxy drops it.`,
    );
  }
  const timestamp = timestampOf(request, dialect);
  const untimely = timestamp === null ? null : judgeTime(timestamp, now() / 1000, tolerance_s);
  if (untimely !== null) return untimely;
  const wasSigned = (body: Bytes): Promise<boolean> =>
    isSigned(scheme, keys, {
      signature: request.header(signature),
      id: 'header' in dialect.id ? request.header(dialect.id.header) : '',
      timestamp: timestamp ?? '',
      body,
    });
  return (await wasSigned(request.body)) ? accept(request, dialect) : explain(request, keys, wasSigned);
};

/**
 * Whether a request was signed with the secret, by any dialect of Bellwire: over the raw bytes, compared in constant
 * time, and signed not longer than the tolerance ago where the dialect signs a time. Never throws for what a sender
 * sent; a refusal says why, in words that are safe to log. Uses Web Crypto alone, so it runs wherever Fetch does.
 */
export const verify = async (received: Received, options: VerifyOptions): Promise<Verification> => {
  const { dialect = 'standard', max_body_bytes = MIB } = options;
  const request = await readReceived(received, max_body_bytes);
  if ('accepted' in request) return request;
  return judge(request, typeof dialect === 'string' ? receiverDialects[dialect] : dialect, options);
};
