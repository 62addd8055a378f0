import { printable } from './printable.ts';

/** JSON for programs, without a line break at the end. What a terminal would obey is escaped: it is the same JSON. */
export const printJson = (value: unknown, indent = 0): string =>
  JSON.stringify(value, null, indent).split('\n').map(printable).join('\n');
