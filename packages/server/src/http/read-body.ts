import { BellwireError } from '../core/errors.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { decodeUtf8, parseJsonText } from '../core/json-text.ts';
import { MAX_PAYLOAD_BYTES, payloadTooLarge } from '../core/payload-limit.ts';

const JSON_TYPE = /^application\/json\s*(;|$)/i;

/** The client closed the connection, so it does not read this. */
const incomplete = (cause: unknown): BellwireError =>
  new BellwireError('invalid_json', 'The connection was closed before the body was complete.', { cause });

/** Whether an error is that of a client that closed its connection during the upload. */
export const isAborted = ({ code, cause }: BellwireError): boolean =>
  code === 'invalid_json' && cause instanceof Error && 'code' in cause && cause.code === 'ECONNRESET';

/** The bytes that the body of a request can have: of one without `content-length`, the maximum. */
export const bodyBytes = (request: Request): number => {
  const { headers } = request;
  const length = headers.get('content-length');
  if (length !== null && !headers.has('transfer-encoding')) return Number(length);
  // Reading `body` creates a stream, which costs more than the rest of a small call.
  return headers.has('transfer-encoding') || request.body !== null ? MAX_PAYLOAD_BYTES : 0;
};

const collect = async (stream: ReadableStream<Uint8Array>): Promise<Uint8Array> => {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.byteLength;
    if (size > MAX_PAYLOAD_BYTES) throw payloadTooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
};

/**
 * The body of a request, at most 1 MiB: Node's parser enforces a `content-length`, which `limitBody` has checked.
 * @throws BellwireError `payload_too_large`, `invalid_json` if the connection was closed
 */
export const readBytes = async (request: Request): Promise<Uint8Array> => {
  const { headers } = request;
  const is_limited = headers.has('content-length') && !headers.has('transfer-encoding');
  try {
    if (is_limited) return new Uint8Array(await request.arrayBuffer());
    // Reading a stream costs more than the rest of a small call.
    return request.body === null ? new Uint8Array() : await collect(request.body);
  } catch (error) {
    throw error instanceof BellwireError ? error : incomplete(error);
  }
};

/**
 * The text of a JSON request, empty without a body.
 * @throws BellwireError `unsupported_media_type`, `invalid_utf8`, `payload_too_large`
 */
export const readJsonText = async (request: Request): Promise<string> => {
  const bytes = await readBytes(request);
  if (bytes.length === 0) return '';
  if (!JSON_TYPE.test(request.headers.get('content-type') ?? '')) {
    throw new BellwireError(
      'unsupported_media_type',
      'The body must be JSON. Send the header "Content-Type: application/json".',
    );
  }
  return decodeUtf8(bytes);
};

/**
 * The JSON object of a body's text, `{}` without one.
 * @throws BellwireError `invalid_json`, `number_not_representable`, `invalid_input`.
 */
export const toJsonObject = (text: string): JsonObject => {
  if (text === '') return {};
  const value = parseJsonText(text);
  if (isJsonObject(value)) return value;
  throw new BellwireError(
    'invalid_input',
    'The body must be a JSON object, like {"type": "order.created", "data": {}}.',
    {
      issues: [{ path: '', message: 'must be a JSON object' }],
    },
  );
};
