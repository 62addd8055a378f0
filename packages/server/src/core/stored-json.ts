import type { JsonObject } from './json.ts';

/** The text of a JSON object as it is stored. `JSON.stringify` parses it, and `jsonWithStored` copies it. */
export class StoredJson {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toJSON(): JsonObject {
    return JSON.parse(this.text) as JsonObject;
  }
}

/** JSON of plain data that can contain stored JSON, whose texts are copied without parsing them. */
export const jsonWithStored = (value: unknown): string => {
  if (value instanceof StoredJson) return value.text;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(jsonWithStored).join(',')}]`;
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .map(([name, field]) => `${JSON.stringify(name)}:${jsonWithStored(field)}`);
  return `{${fields.join(',')}}`;
};
