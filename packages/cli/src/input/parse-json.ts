import { wrongUsage } from '../frame/command-error.ts';

export type Json = string | number | boolean | null | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: Json;
}

/** A reviver since Node 21; TypeScript does not know the third argument. */
type Reviver = (key: string, value: unknown, context?: { readonly source?: string }) => unknown;

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The canonical text of a decimal number: sign, digits without leading and trailing zeros, power of ten. */
const decimalOf = (number: string): string => {
  const sign = number.startsWith('-') ? '-' : '';
  const [mantissa = '', exponent = '0'] = number.slice(sign.length).toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const digits = (whole + fraction).replace(/^0+/, '');
  let end = digits.length;
  // A loop, because /0+$/ takes quadratic time on a long run of inner zeros.
  while (digits[end - 1] === '0') end -= 1;
  if (end === 0) return '0';
  return `${sign}${digits.slice(0, end)}e${Number(exponent) - fraction.length + digits.length - end}`;
};

/** Whether JavaScript represents this JSON number exactly. */
const isExact = (number: string): boolean => {
  const double = Number(number);
  return Number.isFinite(double) && decimalOf(String(double)) === decimalOf(number);
};

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
