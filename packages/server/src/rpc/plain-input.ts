import { BellwireError, type Issue } from '../core/errors.ts';
import { parseJsonText } from '../core/json-text.ts';
import { MAX_PAYLOAD_BYTES, payloadTooLarge } from '../core/payload-limit.ts';

const refused = (issue: Issue, cause?: unknown): BellwireError =>
  new BellwireError('invalid_input', `${issue.path === '' ? 'The input' : issue.path} ${issue.message}.`, {
    issues: [issue],
    cause,
  });

const toJson = (input: object): string => {
  let unsupported: Issue | null = null;
  const check = (path: string, value: unknown): unknown => {
    if (typeof value === 'number' && !Number.isFinite(value))
      unsupported ??= { path, message: `is ${value}, which JSON cannot hold` };
    return value;
  };
  let json: string;
  try {
    json = JSON.stringify(input, check);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw refused({ path: '', message: `cannot be serialized as JSON (${reason})` }, cause);
  }
  if (unsupported !== null) throw refused(unsupported);
  return json;
};

/**
 * A copy of the input as plain JSON, with the limits of an HTTP request.
 * @throws BellwireError `invalid_input` for values that JSON cannot represent (bigint, cycles, NaN, Infinity), `invalid_json`
 * for more than 128 levels, `payload_too_large`.
 */
export const toPlainInput = (input: object): unknown => {
  const json = toJson(input);
  if (Buffer.byteLength(json) > MAX_PAYLOAD_BYTES) throw payloadTooLarge();
  return parseJsonText(json);
};
