import { colourOf, paint, type Style } from './style.ts';
import { printValue } from './value.ts';

/** Prints a record, one field per line. */
export const printRecord = (record: object, style: Style): string => {
  const fields = Object.entries<unknown>({ ...record });
  const width = Math.max(0, ...fields.map(([name]) => name.length));
  return fields
    .map(([name, value]) => {
      const text = printValue(value);
      const colour = name === 'status' ? colourOf(text) : null;
      return `${paint(name, 'dim', style)}${' '.repeat(width - name.length)}  ${paint(text, colour, style)}`;
    })
    .join('\n');
};
