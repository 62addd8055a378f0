import { BellwireError, type Issue } from '../core/errors.ts';
import { parseJsonText } from '../core/json-text.ts';
import { MAX_PAYLOAD_BYTES, payloadTooLarge } from '../core/payload-limit.ts';

const refused = (issue: Issue, cause?: unknown): BellwireError =>
  new BellwireError('invalid_input', `${issue.path === '' ? 'The input' : issue.path} ${issue.message}.`, {
    issues: [issue],
    cause,
  });

const toJson = (input: object): string => {
  let lost: Issue | null = null;
  const check = (path: string, value: unknown): unknown => {
    if (typeof value === 'number' && !Number.isFinite(value))
      lost ??= { path, message: `is ${value}, which JSON cannot hold` };
    return value;
  };
  let json: string;
  try {
    json = JSON.stringify(input, check);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw refused({ path: '', message: `cannot be written as JSON (${reason})` }, cause);
  }
  if (lost !== null) throw refused(lost);
  return json;
};

/**
 * The input as a request would bring it: a copy that is plain JSON, within the limits of a request.
 * @throws BellwireError `invalid_input` for what JSON cannot hold (a bigint, a cycle, NaN, Infinity), `invalid_json`
 * for more than 128 levels, `payload_too_large`.
 */
export const toPlainInput = (input: object): unknown => {
  const json = toJson(input);
  if (Buffer.byteLength(json) > MAX_PAYLOAD_BYTES) throw payloadTooLarge();
  return parseJsonText(json);
};
