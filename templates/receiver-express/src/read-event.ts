import type { Dialect, JsonObject, Place } from './dialects.ts';
import { headerOf, type Headers } from './verify.ts';

/** The name of an event; `content` reads what is in it. */
export interface Name {
  readonly id: string;
  readonly type: string;
}

const FORM = 'application/x-www-form-urlencoded';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The JSON object in a body; null when there is none. */
export const parseBody = (dialect: Dialect, contentType: string, body: Uint8Array): JsonObject | null => {
  try {
    const text = utf8.decode(body);
    const isForm = dialect.forms && contentType.toLowerCase().startsWith(FORM);
    const json = isForm ? (new URLSearchParams(text).get('payload') ?? '') : text;
    const parsed: unknown = JSON.parse(json);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
      ? (parsed as JsonObject)
      : null;
  } catch {
    return null;
  }
};

const textAt = (place: Place, headers: Headers, body: JsonObject): string => {
  const value = 'header' in place ? headerOf(headers, place.header) : body[place.field];
  // Half a character, which JSON can spell, would be stored as another text, and one id taken for the other.
  return typeof value === 'string' && value.isWellFormed() ? value : '';
};

/** The id and the type of an event; either is empty where it is not there. */
export const nameOf = (dialect: Dialect, headers: Headers, body: JsonObject): Name => ({
  id: textAt(dialect.id, headers, body),
  type: textAt(dialect.type, headers, body),
});

/** What a handler gets of a body. */
export const contentOf = (dialect: Dialect, body: JsonObject) => ({
  data: dialect.data(body),
  ...(dialect.previous_data ? { previous_data: body['previous_data'] } : {}),
  body,
});
