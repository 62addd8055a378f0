import { isJsonObject, type Json } from '../core/json.ts';

/** The result of the signature check. `unknown`: no hook of this server has this URL. */
export type Signature = 'verified' | 'refused' | 'unsigned' | 'unknown';

/** A request that the inbox received, without secret header values. */
export interface InboxEntry {
  /** Increases with each request, across restarts. */
  readonly id: number;
  readonly received_at: string;
  readonly method: string;
  readonly signature: Signature;
  /** As a header or the body names it; null if neither does. */
  readonly event_type: string | null;
  readonly headers: Readonly<Record<string, string>>;
  /** The beginning of the body. */
  readonly body: string;
  /** The size of the whole body. */
  readonly body_bytes: number;
}

/** Bytes kept of each body. */
const BODY_BYTES_MAX = 8_192;
const TYPE_MAX = 128;

/** Headers and fields of the body that name the event type in common formats. */
const TYPE_HEADERS = ['x-github-event', 'x-shopify-topic', 'x-event-type', 'x-event-name', 'x-webhook-event'];
const TYPE_FIELDS = [
  'type',
  'event_type',
  'eventType',
  'event',
  'event_name',
  'eventName',
  'topic',
  'action',
];

/** The beginning of a body as text of its own, which does not keep the whole body in memory. */
export const bodyText = (body: Uint8Array): string =>
  // Cut as bytes: a slice of a string would keep all of it. A cut character becomes U+FFFD.
  new TextDecoder().decode(body.slice(0, BODY_BYTES_MAX));

const parsed = (text: string): Json => {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return null;
  }
};

/** The name of the event type, if a common header or field has it. */
export const eventTypeOf = (headers: InboxEntry['headers'], body: string): string | null => {
  const named = TYPE_HEADERS.map((name) => headers[name]).find((value) => value !== undefined);
  if (named !== undefined) return named.slice(0, TYPE_MAX);
  const value = parsed(body);
  if (!isJsonObject(value)) return null;
  const found = TYPE_FIELDS.map((name) => value[name]).find((field) => typeof field === 'string');
  return typeof found === 'string' ? found.slice(0, TYPE_MAX) : null;
};

const INDENT = '  ';

/** JSON with line breaks and the values exactly as they are, such as long numbers; null if the text is not JSON. */
const prettyJson = (text: string): string | null => {
  if (!/^\s*[[{]/.test(text) || parsed(text) === null) return null;
  let depth = 0;
  let is_empty = false;
  const line = (): string => `\n${INDENT.repeat(depth)}`;
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[[\]{},:]|[^\s[\]{},:"]+/gs) ?? [];
  return tokens
    .map((token) => {
      const was_empty = is_empty;
      is_empty = token === '{' || token === '[';
      if (token === '}' || token === ']') {
        depth -= 1;
        return was_empty ? token : line() + token;
      }
      const before = was_empty ? line() : '';
      if (is_empty) depth += 1;
      if (token === ',') return token + line();
      return token === ':' ? ': ' : before + token;
    })
    .join('');
};

const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Shows characters that are invisible, or that reorder text, as `‹U+202E›`. Line breaks and tabs stay. */
const visible = (text: string): string =>
  text
    .replaceAll('\r\n', '\n')
    .replaceAll(HIDDEN, (character) =>
      character === '\n' || character === '\t'
        ? character
        : `‹U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}›`,
    );

const WORDS: Readonly<Record<Signature, string>> = {
  verified: 'signature verified',
  refused: 'signature refused',
  unsigned: 'not signed',
  unknown: 'not from a hook of this server',
};

/** An entry as the page shows it: text only, with every character visible. */
export interface ShownEntry {
  readonly signature: Signature;
  readonly verdict: string;
  readonly title: string;
  readonly when: string;
  readonly body: string;
  /** The body as it was received; null if that is what `body` shows. */
  readonly raw: string | null;
  readonly headers: string;
}

/** Prepares an entry for the page. */
export const shownEntry = (entry: InboxEntry): ShownEntry => {
  const { signature, event_type, method, received_at, body, body_bytes, headers } = entry;
  const more = body_bytes - BODY_BYTES_MAX;
  const raw = visible(body) + (more > 0 ? `\n… (${more} more bytes)` : '');
  const pretty = prettyJson(body);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return {
    signature,
    verdict: WORDS[signature],
    title: visible(event_type ?? 'Request').replaceAll(/\s/g, ' '),
    when: `${visible(method)} at ${received_at}`,
    body: pretty === null ? raw : visible(pretty),
    raw: pretty === null ? null : raw,
    headers: visible(lines.join('\n')),
  };
};
