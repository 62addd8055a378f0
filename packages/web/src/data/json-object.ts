import type { EventType } from '@bellwire/client';

/** A JSON object as the client takes it. */
export type JsonRecord = NonNullable<EventType['schema']>;

export type ParsedObject =
  | { readonly ok: true; readonly value: JsonRecord }
  | { readonly ok: false; readonly problem: string };

/** Reads a JSON object that a person has typed. */
export const parseObject = (text: string): ParsedObject => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? { ok: true, value: value as JsonRecord }
      : { ok: false, problem: 'This must be a JSON object, like {"id": 1}.' };
  } catch (error) {
    return { ok: false, problem: `This is not valid JSON: ${(error as Error).message}.` };
  }
};

export const indented = (value: unknown): string => JSON.stringify(value, null, 2);
