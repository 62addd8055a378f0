import { type DialectName, receiverDialects } from '../verify.ts';

/** Header values by lower-case name. */
export type Headers = Readonly<Record<string, string>>;

const toHeaders = (pairs: readonly (readonly [string, string])[]): Headers => {
  const headers = new Map<string, string>();
  for (const [name, value] of pairs) {
    const key = name.trim().toLowerCase();
    const before = headers.get(key);
    headers.set(key, before === undefined ? value.trim() : `${before}, ${value.trim()}`);
  }
  return Object.fromEntries(headers);
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const textOf = (value: unknown): string =>
  Array.isArray(value)
    ? value.map(String).join(', ')
    : typeof value === 'string'
      ? value
      : JSON.stringify(value);

const readJson = (text: string): Headers | null => {
  if (!/^\s*[[{]/.test(text)) return null;
  try {
    const value: unknown = JSON.parse(text);
    if (isRecord(value)) return toHeaders(Object.entries(value).map(([name, one]) => [name, textOf(one)]));
    // Node's rawHeaders: names and values in turn.
    if (!Array.isArray(value) || !value.every((one) => typeof one === 'string')) return null;
    const flat = value as readonly string[];
    return toHeaders(
      flat.flatMap((name, index) => (index % 2 === 0 ? [[name, flat[index + 1] ?? ''] as const] : [])),
    );
  } catch {
    return null;
  }
};

/**
 * Reads pasted headers: lines of `Name: value`, also from `curl -v` or as `-H 'Name: value'`, a JSON object, or
 * Node's `rawHeaders`. Lines without a colon, such as the request line, are skipped.
 */
export const readHeaders = (text: string): Headers => {
  const json = readJson(text);
  if (json !== null) return json;
  const pairs = text.split(/\r?\n/).flatMap((line) => {
    const bare = line
      .replace(/^\s*[<>] /, '')
      .replace(/^\s*-H\s*(['"]?)(.*?)\1\s*\\?\s*$/, '$2')
      .trim();
    const [, name, value = ''] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*:\s*(.*)$/.exec(bare) ?? [];
    return name === undefined ? [] : [[name, value] as const];
  });
  return toHeaders(pairs);
};

/** Whether the top-level field of a JSON body is a text. */
const hasField = (body: string, field: string): boolean => {
  try {
    const value: unknown = JSON.parse(body);
    return isRecord(value) && typeof value[field] === 'string';
  } catch {
    return false;
  }
};

/** The built-in dialect whose headers these are; null if none has all of its headers here. */
export const detectDialect = (headers: Headers, body: string): DialectName | null => {
  const names = Object.keys(receiverDialects) as DialectName[];
  const fitting = names.filter((name) => headers[receiverDialects[name].signature] !== undefined);
  // Dialects with the same header differ in the body.
  const certain = fitting.find((name) => {
    const { type } = receiverDialects[name];
    return 'header' in type ? headers[type.header] !== undefined : hasField(body, type.field);
  });
  return certain ?? fitting[0] ?? null;
};

const KINDS = {
  signature: /sign|hmac|sha256|sha1|secret/,
  timestamp: /time|date/,
  id: /(?:^|[-_])id$|delivery/,
} as const;

export type HeaderRole = keyof typeof KINDS;

const plain = (name: string): string => name.replaceAll(/[^a-z0-9]/g, '');

/** Headers that look like a missing one: the same letters, or the same role. At most five. */
export const similarHeaders = (headers: Headers, missing: string, role: HeaderRole): readonly string[] => {
  const names = Object.keys(headers).filter((name) => name !== missing && name !== 'date');
  const same = names.filter((name) => plain(name) === plain(missing));
  return [...same, ...names.filter((name) => !same.includes(name) && KINDS[role].test(name))].slice(0, 5);
};
