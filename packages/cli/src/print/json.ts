import { printable } from './printable.ts';

/** JSON without a trailing newline. Control characters are escaped, so that a terminal does not interpret them. */
export const printJson = (value: unknown, indent = 0): string =>
  JSON.stringify(value, null, indent).split('\n').map(printable).join('\n');
