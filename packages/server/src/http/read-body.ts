import { BellwireError } from '../core/errors.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { decodeUtf8, parseJsonText } from '../core/json-text.ts';

const JSON_TYPE = /^application\/json\s*(;|$)/i;

/** The text of a JSON request, empty without a body. @throws BellwireError `unsupported_media_type`, `invalid_utf8`. */
export const readJsonText = async (request: Request): Promise<string> => {
  const bytes = new Uint8Array(await request.arrayBuffer());
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
 * The JSON object in a request's body, or `{}` without a body.
 * @throws BellwireError `unsupported_media_type`, `invalid_utf8`, `invalid_json`, `number_not_representable`, `invalid_input`.
 */
export const readJsonObject = async (request: Request): Promise<JsonObject> => {
  const text = await readJsonText(request);
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
