/** An issue of a parser, before it has a message. Its other fields depend on its code. */
export type RawIssue = Readonly<Record<string, unknown>>;

/** The kind of a JSON value, with its article. */
const kindOf = (value: unknown): string => {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (value === '') return 'an empty string';
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number') {
    return Number.isInteger(value) || !Number.isFinite(value) ? `the number ${value}` : 'a fraction';
  }
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
};

const EXPECTED: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'an array',
  null: 'null',
};

const LONGEST_SHOWN = 40;

/** A value in the message of an enumeration: short text as it was given, otherwise its kind. */
const shown = (value: unknown): string =>
  typeof value === 'string' && value !== '' && value.length <= LONGEST_SHOWN
    ? JSON.stringify(value)
    : kindOf(value);

const plural = (count: unknown, unit: string): string => `${String(count)} ${unit}${count === 1 ? '' : 's'}`;

const sizeOf = (value: unknown): number | null =>
  typeof value === 'string' || Array.isArray(value) ? value.length : null;

const UNITS: Readonly<Record<string, string>> = { string: 'character', array: 'item' };

/** `bound` is `most` for a value that is too large, `least` for one that is too small. */
const beyond = ({ origin, input, inclusive }: RawIssue, bound: 'most' | 'least', limit: unknown): string => {
  const unit = UNITS[String(origin)];
  if (unit === undefined) {
    const than = bound === 'most' ? 'less than' : 'more than';
    const rule = inclusive === false ? than : `at ${bound}`;
    return `must be ${rule} ${String(limit)}, not ${String(input)}`;
  }
  const size = sizeOf(input);
  if (bound === 'least' && size === 0 && limit === 1) return 'must not be empty';
  return `must have at ${bound} ${plural(limit, unit)}${size === null ? '' : `, not ${size}`}`;
};

const messagesIn = (value: unknown): readonly string[] =>
  Array.isArray(value)
    ? value.flatMap((item: unknown) => {
        if (Array.isArray(item)) return messagesIn(item.slice(0, 1));
        const { message } = item as { readonly message?: unknown };
        return typeof message === 'string' ? [message] : [];
      })
    : [];

const alternatives = (errors: unknown): string =>
  [...new Set(messagesIn(errors))].join(', or ') || 'has none of the allowed forms';

const oneOf = ({ values, input }: RawIssue): string => {
  const allowed = Array.isArray(values) ? values.map(String) : [];
  const rule = allowed.length === 1 ? `must be ${allowed[0]}` : `must be one of ${allowed.join(', ')}`;
  return input === undefined ? `is required and ${rule}` : `${rule}, not ${shown(input)}`;
};

const FORMATS: Readonly<Record<string, (issue: RawIssue) => string>> = {
  starts_with: ({ prefix }) => `must start with "${String(prefix)}"`,
  ends_with: ({ suffix }) => `must end with "${String(suffix)}"`,
  includes: ({ includes }) => `must contain "${String(includes)}"`,
  regex: ({ pattern }) => `must match the pattern ${String(pattern)}`,
  datetime: () => 'must be a time such as 2026-11-21T10:30:00Z',
};

const namesIn = (keys: unknown): string => (Array.isArray(keys) ? keys.map(String).join(', ') : '');

/**
 * The problem with a value and the expected one, as the end of a sentence that begins with the path of the value. For
 * every code of zod, so that its own sentences are never shown.
 */
export const issueInWords = (issue: RawIssue): string => {
  const { code, input, expected } = issue;
  switch (code) {
    case 'invalid_type':
      if (input === undefined) return 'is required';
      return `must be ${EXPECTED[String(expected)] ?? `a ${String(expected)}`}, not ${kindOf(input)}`;
    case 'invalid_value':
      return oneOf(issue);
    case 'too_big':
      return beyond(issue, 'most', issue['maximum']);
    case 'too_small':
      return beyond(issue, 'least', issue['minimum']);
    case 'invalid_format':
      return FORMATS[String(issue['format'])]?.(issue) ?? `must have the format "${String(issue['format'])}"`;
    case 'not_multiple_of':
      return `must be a multiple of ${String(issue['divisor'])}, not ${String(input)}`;
    case 'unrecognized_keys':
      return `has unknown fields: ${namesIn(issue['keys'])}`;
    case 'invalid_key':
      return `has an invalid name: ${alternatives(issue['issues'])}`;
    case 'invalid_element':
      return `has an invalid item: ${alternatives(issue['issues'])}`;
    case 'invalid_union':
      return alternatives(issue['errors']);
    default:
      return 'is not valid';
  }
};
