import { wrongUsage } from '../frame/command-error.ts';
import { isExact } from './json-number.ts';

export type Json = string | number | boolean | null | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: Json;
}

/** A reviver since Node 21; TypeScript does not know the third argument. */
type Reviver = (key: string, value: unknown, context?: { readonly source?: string }) => unknown;

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Parses JSON and refuses numbers that JavaScript cannot represent exactly.
 * @param where the name of the input in error messages, like `--data`
 * @throws CommandError
 */
export const parseJson = (text: string, where: string): Json => {
  const check: Reviver = (_, value, context) => {
    const source = context?.source ?? '';
    if (typeof value !== 'number' || isExact(source)) return value;
    throw wrongUsage(
      `${where}: JavaScript cannot represent the number ${source} exactly. Write it as a string.`,
    );
  };
  try {
    return JSON.parse(text, check) as Json;
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown;
    throw wrongUsage(`${where} is not valid JSON: ${thrown.message}`, thrown);
  }
};
