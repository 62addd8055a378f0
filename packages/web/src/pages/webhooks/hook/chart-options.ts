import type { Stats } from '@bellwire/client';
import uPlot from 'uplot';
import { locale, numberText } from '../../../design/locale.ts';

const HEIGHT_PX = 190;
/** The distances of the lines of a scale of counts: 1, 2, 5, 10, … */
const WHOLE = Array.from({ length: 9 }, (_, power) => [1, 2, 5].map((step) => step * 10 ** power)).flat();

/** The right side. */
const RIGHT = 1;

/** The colors of the theme in force. */
const colors = () => {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string): string => style.getPropertyValue(name).trim();
  return {
    ok: color('--bar-ok'),
    bad: color('--bar-bad'),
    line: color('--line'),
    text: color('--text-3'),
    accent: color('--accent'),
    font: `11px ${color('--font')}`,
  };
};

/** Half of a bucket in seconds. */
const halfStep = ({ from, to, buckets }: Stats): number =>
  (Date.parse(to) - Date.parse(from)) / 1000 / buckets.length / 2;

/** The middles of the buckets in seconds, all attempts, those that succeeded (drawn over them), and p95. */
export const dataOf = (stats: Stats): uPlot.AlignedData => {
  const { buckets } = stats;
  const half = halfStep(stats);
  return [
    buckets.map(({ start }) => Date.parse(start) / 1000 + half),
    buckets.map(({ succeeded, failed }) => succeeded + failed),
    buckets.map(({ succeeded }) => succeeded),
    buckets.map(({ latency }) => latency.p95_ms),
  ];
};

const milliseconds = (_: uPlot, values: readonly number[]): string[] =>
  values.map((ms) => (ms >= 1000 ? `${numberText(ms / 1000)} s` : `${ms} ms`));

const counts = (_: uPlot, values: readonly number[]): (string | null)[] =>
  values.map((count) => (Number.isInteger(count) ? numberText(count) : null));

/** A scale from zero, with room for a line at its top. */
const fromZero = (_: uPlot, __: number, max: number): [number, number] => [0, Math.max(1, max) * 1.1];

/** 24-hour times with the date where a day begins. */
const times = (_: uPlot, values: readonly number[]): string[] => {
  let before = '';
  return values.map((seconds) => {
    const time = new Date(seconds * 1000);
    const day = time.toLocaleDateString(locale().times, { day: 'numeric', month: 'short' });
    const text = `${String(time.getHours()).padStart(2, '0')}:${String(time.getMinutes()).padStart(2, '0')}`;
    const is_new = day !== before;
    before = day;
    return is_new ? `${text}\n${day}` : text;
  });
};

/** `onPoint` gets the index of the bucket below the pointer. */
export const chartOptions = (
  stats: Stats,
  width: number,
  onPoint: (index: number | null) => void,
): uPlot.Options => {
  const half = halfStep(stats);
  const { ok, bad, line, text, accent, font } = colors();
  const bars = uPlot.paths.bars?.({ size: [0.7, 40], radius: 0.1 });
  const bar = (color: string): uPlot.Series => ({
    scale: 'count',
    fill: color,
    width: 0,
    points: { show: false },
    ...(bars === undefined ? {} : { paths: bars }),
  });
  const axis = { stroke: text, font, ticks: { show: false } };
  const grid = { stroke: line, width: 1 };
  return {
    width,
    height: HEIGHT_PX,
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { setScale: false, x: false, y: false } },
    hooks: { setCursor: [({ cursor }) => onPoint(cursor.idx ?? null)] },
    scales: {
      x: { range: (_, min, max) => [min - half, max + half] },
      count: { range: fromZero },
      ms: { range: fromZero },
    },
    series: [
      {},
      bar(bad),
      bar(ok),
      {
        scale: 'ms',
        stroke: accent,
        width: 1.5,
        spanGaps: false,
        points: { show: true, size: 4, fill: accent },
      },
    ],
    axes: [
      { ...axis, grid: { show: false }, values: times },
      { ...axis, grid, scale: 'count', values: counts, incrs: WHOLE, size: 44 },
      // The enumeration of the sides exists only in the types of the library.
      // oxlint-disable-next-line typescript/no-unsafe-enum-assignment
      { ...axis, grid: { show: false }, scale: 'ms', side: RIGHT, values: milliseconds, size: 56 },
    ],
  };
};
