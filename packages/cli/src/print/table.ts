import { type Colour, paint, type Style } from './style.ts';
import { printValue } from './value.ts';

export interface Column<T> {
  readonly title: string;
  readonly of: (row: T) => unknown;
  readonly colour?: (text: string) => Colour | null;
}

const GAP = '  ';
/** Minimum width of the last column. */
const MIN_WIDTH = 12;

/** The grapheme clusters of a text. */
const charactersOf = (text: string): readonly string[] =>
  /^[ -~]*$/.test(text)
    ? text.split('')
    : Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment);

const lengthOf = (text: string): number => charactersOf(text).length;

const truncate = (text: string, width: number): string =>
  lengthOf(text) <= width
    ? text
    : `${charactersOf(text)
        .slice(0, width - 1)
        .join('')}…`;

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

/** Prints rows under their titles. On a terminal, the last column is truncated to the rest of the line. */
export const printTable = <T>(rows: readonly T[], columns: readonly Column<T>[], style: Style): string => {
  const texts = rows.map((row) => columns.map(({ of }) => printValue(of(row))));
  const titles = columns.map(({ title }) => title);
  const widths = titles.map((title, at) =>
    Math.max(lengthOf(title), ...texts.map((row) => lengthOf(row[at] ?? ''))),
  );
  const before = sum(widths.slice(0, -1)) + GAP.length * (columns.length - 1);
  const left = style.width === null ? Infinity : Math.max(MIN_WIDTH, style.width - before);
  const line = (cells: readonly string[], colourAt: (at: number, text: string) => Colour | null): string =>
    cells
      .map((cell, at) => {
        const is_last = at === cells.length - 1;
        const text = is_last ? truncate(cell, left) : cell;
        const padding = is_last ? '' : ' '.repeat((widths[at] ?? 0) - lengthOf(text));
        return paint(text, colourAt(at, cell), style) + padding;
      })
      .join(GAP);
  return [
    line(titles, () => 'bold'),
    ...texts.map((row) => line(row, (at, text) => columns[at]?.colour?.(text) ?? null)),
  ].join('\n');
};
