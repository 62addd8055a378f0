import { type Bytes, decode, encode } from './bytes.ts';

/** How a body differs from the one that was signed. */
export const bodyChanges = [
  'newline_added',
  'newline_removed',
  'line_endings',
  'bom_added',
  'bom_removed',
  'space_around',
  'quoted',
  'mojibake',
  'spacing',
  'unicode_escapes',
  'slash_escapes',
  'html_escapes',
  'reserialized',
  'key_order',
  'form_decoded',
  'truncated',
  'longer',
  'unknown',
] as const;

export type BodyChange = (typeof bodyChanges)[number];

/** A body that may have been signed instead of the one that arrived. */
export interface Candidate {
  readonly change: BodyChange;
  readonly body: Bytes;
}

type Variant = readonly [BodyChange, string];

const BOM = '\uFEFF';
/** The strings of JSON, or the text between them. */
const TOKENS = /"(?:[^"\\]|\\.)*"|[^"]+/g;

const mapTokens = (text: string, map: (token: string) => string): string => text.replaceAll(TOKENS, map);
const outside = (text: string, change: (token: string) => string): string =>
  mapTokens(text, (token) => (token.startsWith('"') ? token : change(token)));
const inside = (text: string, change: (token: string) => string): string =>
  mapTokens(text, (token) => (token.startsWith('"') ? change(token) : token));

const parse = (text: string): { readonly value: unknown } | null => {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return null;
  }
};

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, one]) => [key, sorted(one)] as const);
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
};

const compact = (text: string): string => outside(text, (token) => token.replaceAll(/\s+/g, ''));

/** The same JSON with the spacing of common serializers. Numbers and strings keep their text. */
const spacings = (text: string): readonly string[] => {
  const tight = compact(text);
  const spaced = outside(tight, (token) => token.replaceAll(',', ', ').replaceAll(':', ': '));
  const value = parse(text)?.value;
  return [tight, spaced, ...[2, 4, '\t'].map((indent) => JSON.stringify(value, null, indent))];
};

const hexEscape = (character: string): string =>
  `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

const escapes: readonly (readonly [BodyChange, (text: string) => string])[] = [
  ['unicode_escapes', (text) => text.replaceAll(/[\u0080-\uffff]/g, hexEscape)],
  [
    'unicode_escapes',
    (text) =>
      inside(text, (token) =>
        token.replaceAll(/(\\\\)|\\u([0-9a-f]{4})/gi, (whole, pair: string | undefined, code: string) => {
          const character = pair === undefined ? String.fromCharCode(Number.parseInt(code, 16)) : '';
          return /^[\u0080-\uffff]$/.test(character) ? character : whole;
        }),
      ),
  ],
  ['slash_escapes', (text) => text.replaceAll(/(?<!\\)\//g, '\\/')],
  ['slash_escapes', (text) => text.replaceAll('\\/', '/')],
  ['html_escapes', (text) => text.replaceAll(/[<>&]/g, hexEscape)],
  [
    'html_escapes',
    (text) =>
      text.replaceAll(/\\u(003c|003e|0026)/gi, (_, code: string) =>
        String.fromCharCode(Number.parseInt(code, 16)),
      ),
  ],
  ['slash_escapes', (text) => text.replaceAll(/(?<!\\)\//g, '\\/').replaceAll(/[\u0080-\uffff]/g, hexEscape)],
];

const isJson = (text: string): boolean => /^\s*[[{]/.test(text) && parse(text) !== null;

const jsonVariants = (text: string): readonly Variant[] => {
  if (!isJson(text)) return [];
  const value = parse(text)?.value;
  const roots: readonly Variant[] = [
    ['spacing', text],
    ['reserialized', JSON.stringify(value)],
    ['key_order', JSON.stringify(sorted(value))],
  ];
  return roots.flatMap(([change, root]) =>
    [root, ...spacings(root)].flatMap((spaced): readonly Variant[] => [
      [change, spaced],
      ...escapes.map(([escape, apply]): Variant => [change === 'spacing' ? escape : change, apply(spaced)]),
    ]),
  );
};

/** The text whose UTF-8 bytes were read as Latin-1 and encoded again. */
const unmojibake = (text: string): string | null => {
  // oxlint-disable-next-line no-control-regex
  if (!/^[\u0000-\u00ff]*$/.test(text) || !/[\u0080-\u00ff]/.test(text)) return null;
  return decode(Uint8Array.from(text, (character) => character.charCodeAt(0)));
};

const edges = (text: string): readonly Variant[] => {
  const quoted = text.startsWith('"') ? parse(text)?.value : undefined;
  const latin = unmojibake(text);
  return [
    ['newline_added', text.replace(/\r?\n$/, '')],
    ['newline_removed', `${text}\n`],
    ['newline_removed', `${text}\r\n`],
    ['line_endings', text.replaceAll('\r\n', '\n')],
    ['line_endings', text.replaceAll(/\r?\n/g, '\r\n')],
    ['bom_added', text.startsWith(BOM) ? text.slice(BOM.length) : text],
    ['bom_removed', BOM + text],
    ['space_around', text.trim()],
    ...(typeof quoted === 'string' ? ([['quoted', quoted]] as const) : []),
    ['quoted', JSON.stringify(text)],
    ...(latin === null ? [] : ([['mojibake', latin]] as const)),
    ['form_decoded', `payload=${encodeURIComponent(text)}`],
    ['form_decoded', new URLSearchParams({ payload: text }).toString()],
  ];
};

/** More variants of a long body would take too much time. */
const LONG = 65_536;

/** Bodies that common mistakes turn into this one, the simplest first, without this one and without repetitions. */
export const bodyCandidates = (body: Bytes): readonly Candidate[] => {
  const text = decode(body);
  if (text === null) return [];
  const variants =
    body.length <= LONG
      ? [...edges(text), ...jsonVariants(text)]
      : [...edges(text), ...(isJson(text) ? ([['spacing', compact(text)]] as const) : [])];
  const known = new Set([text]);
  return variants.flatMap(([change, variant]) => {
    if (known.has(variant)) return [];
    known.add(variant);
    return [{ change, body: encode(variant) }];
  });
};

/** Whether the body looks like the beginning of a longer JSON text. */
export const isCutShort = (body: Bytes): boolean => {
  const text = decode(body) ?? new TextDecoder().decode(body);
  if (!/^\s*[[{]/.test(text) || parse(text) !== null) return false;
  const rest = outside(text, (token) => token.replaceAll(/[^[\]{}]/g, '')).replaceAll(
    /"(?:[^"\\]|\\.)*"/g,
    '',
  );
  const count = (one: RegExp): number => rest.match(one)?.length ?? 0;
  return count(/[[{]/g) > count(/[\]}]/g);
};
