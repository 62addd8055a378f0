import { wrongUsage } from '../frame/command-error.ts';
import { keepsItsValue } from './json-number.ts';

export type Json = string | number | boolean | null | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: Json;
}

/** As JSON.parse hands it over since Node 21; TypeScript does not know the third argument. */
type Reviver = (key: string, value: unknown, context?: { readonly source?: string }) => unknown;

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * The value of a JSON text, with every number as it was written.
 * @param where what is said to be wrong, like `--data`
 * @throws CommandError
 */
export const parseJson = (text: string, where: string): Json => {
  const check: Reviver = (_, value, context) => {
    const source = context?.source ?? '';
    if (typeof value !== 'number' || keepsItsValue(source)) return value;
    throw wrongUsage(
      `${where}: the number ${source} cannot be represented exactly in JavaScript. Write it as a string.`,
    );
  };
  try {
    return JSON.parse(text, check) as Json;
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown;
    throw wrongUsage(`${where} is not valid JSON: ${thrown.message}`, thrown);
  }
};
