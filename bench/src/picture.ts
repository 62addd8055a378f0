import { type Measured, shown } from './report.ts';

interface Bar {
  readonly label: string;
  readonly value: number;
}

const WIDTH = 760;
const LABEL_WIDTH = 330;
const BAR_HEIGHT = 18;
const GAP = 6;
const TITLE_HEIGHT = 34;

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const barsOf = (measured: readonly Measured[], column: string): readonly Bar[] =>
  measured.flatMap(({ id, rows }) =>
    rows.flatMap(({ label, values }) => {
      const value = values[column];
      return value === undefined ? [] : [{ label: `${id}: ${label}`, value }];
    }),
  );

const chart = (title: string, bars: readonly Bar[], top: number): string => {
  const max = Math.max(...bars.map(({ value }) => value), Number.MIN_VALUE);
  const room = WIDTH - LABEL_WIDTH - 80;
  const lines = bars.map(({ label, value }, index) => {
    const y = top + TITLE_HEIGHT + index * (BAR_HEIGHT + GAP);
    const width = ((value / max) * room).toFixed(1);
    const text_y = y + BAR_HEIGHT - 5;
    return [
      `<text x="${LABEL_WIDTH - 8}" y="${text_y}" text-anchor="end">${escaped(label)}</text>`,
      `<rect x="${LABEL_WIDTH}" y="${y}" width="${width}" height="${BAR_HEIGHT}" rx="2" fill="#4f7cac"/>`,
      `<text x="${LABEL_WIDTH + Number(width) + 6}" y="${text_y}">${shown(value)}</text>`,
    ].join('');
  });
  return `<text x="12" y="${top + 22}" font-weight="600">${escaped(title)}</text>${lines.join('')}`;
};

const heightOf = (bars: readonly Bar[]): number =>
  bars.length === 0 ? 0 : TITLE_HEIGHT + bars.length * (BAR_HEIGHT + GAP) + 12;

/** The results as bars: a chart for each of the columns that people compare. */
export const pictureOf = (measured: readonly Measured[]): string => {
  const columns = ['events/s', 'CPU µs/event', 'receive p99 ms', 'RSS MB', 'ready p50 ms'];
  let height = 0;
  const charts = columns.flatMap((column) => {
    const bars = barsOf(measured, column);
    if (bars.length === 0) return [];
    const drawn = chart(column, bars, height);
    height += heightOf(bars);
    return [drawn];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="system-ui, sans-serif" font-size="12" fill="#1f2933">`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    ...charts,
    '</svg>\n',
  ].join('\n');
};
