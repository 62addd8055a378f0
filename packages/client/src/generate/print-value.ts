import { block, printKey, quote } from './print-text.ts';

const LINE = 80;

const isFlat = (value: unknown): boolean => typeof value !== 'object' || value === null;

/** In an object literal, the name `__proto__` would set the prototype instead of a key. */
const printName = (key: string): string => (key === '__proto__' ? '["__proto__"]' : printKey(key));

/** Prints a JSON value as a literal. */
export const printValue = (value: unknown): string => {
  if (typeof value === 'string') return quote(value);
  if (Array.isArray(value)) {
    const parts = value.map(printValue);
    const line = `[${parts.join(', ')}]`;
    return value.every(isFlat) && line.length <= LINE
      ? line
      : block(
          '[',
          parts.map((part) => `${part},`),
          ']',
        );
  }
  if (typeof value === 'object' && value !== null) {
    const parts = Object.entries(value).map(([key, one]) => `${printName(key)}: ${printValue(one)},`);
    return block('{', parts, '}');
  }
  return String(value);
};
