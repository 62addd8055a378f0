import { useEffect, useRef } from 'react';
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { ChartProps, SeriesTone } from './chart.tsx';

interface PlotProps extends ChartProps {
  readonly format: (value: number) => string;
  /** Called with the index of the time under the pointer; null when it leaves. */
  readonly onPoint: (index: number | null) => void;
}

const COLORS: Readonly<Record<SeriesTone, string>> = {
  ok: '--bar-ok',
  bad: '--bar-bad',
  accent: '--accent',
  text: '--text',
  rest: '--line-strong',
};

const DAY_S = 86_400;
const HEIGHT_PX = 160;
const FEW = 30;
/** Counts have no fractions. */
const WHOLE_STEPS = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7].flatMap((step) => [step, 2 * step, 5 * step]);

/** A label of a time axis: the time of day, or the date where the steps are days. */
const timeLabel = (seconds: number, step_s: number): string =>
  new Date(seconds * 1000).toLocaleString(
    'en-GB',
    step_s >= DAY_S ? { day: 'numeric', month: 'short' } : { hour: '2-digit', minute: '2-digit' },
  );

/** The labels of an axis. uPlot gives the distance between them last. */
const timeLabels: UPlot.Axis.DynamicValues = (...args) => args[1].map((each) => timeLabel(each, args[4]));

/** Each series on top of the ones before. */
const stacked = (series: ChartProps['series']): (number | null)[][] => {
  let below: number[] = [];
  return series.map(({ values }) => {
    below = values.map((value, index) => (below[index] ?? 0) + (value ?? 0));
    return below;
  });
};

const axesOf = ({ format, kind }: PlotProps, color: (name: string) => string): UPlot.Axis[] => {
  const font = `11px ${color('--font')}`;
  const grid = { stroke: color('--line'), width: 1 };
  const look = { stroke: color('--text-3'), font, ticks: { show: false } };
  return [
    { ...look, grid: { show: false }, values: timeLabels, size: 28 },
    {
      ...look,
      grid,
      values: (_, splits) => splits.map(format),
      size: 56,
      space: 36,
      ...(kind === 'bars' ? { incrs: WHOLE_STEPS } : {}),
    },
  ];
};

const seriesOf = ({ series, kind }: PlotProps, color: (name: string) => string): UPlot.Series[] =>
  series.map(({ name, tone, values }) => {
    const ink = color(COLORS[tone]);
    return kind === 'bars'
      ? {
          label: name,
          fill: ink,
          width: 0,
          points: { show: false },
          paths: UPlot.paths.bars?.({ align: 1, size: [0.85, 24] }),
        }
      : {
          label: name,
          stroke: ink,
          width: 1.5,
          // A value between two gaps has no line.
          points: { show: values.filter((value) => value !== null).length < FEW, size: 5, fill: ink },
        };
  }) as UPlot.Series[];

const optionsOf = (props: PlotProps, width: number): UPlot.Options => {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string): string => style.getPropertyValue(name).trim();
  const step = ((props.xs[1] ?? 0) - (props.xs[0] ?? 0)) / 1000;
  const series = seriesOf(props, color);
  return {
    width,
    height: HEIGHT_PX,
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, y: false, points: { show: props.kind !== 'bars' } },
    scales: {
      x: { range: (_, min, max) => [min, props.kind === 'bars' ? max + step : max] },
      // Without a value, the axis still needs a height.
      y: { range: (_, __, max) => [0, max > 0 ? max * 1.08 : 1] },
    },
    axes: axesOf(props, color),
    series: [{}, ...(props.kind === 'bars' ? series.toReversed() : series)],
    hooks: { setCursor: [({ cursor }) => props.onPoint(cursor.idx ?? null)] },
  };
};

const dataOf = ({ xs, series, kind }: PlotProps): UPlot.AlignedData => {
  const seconds = xs.map((ms) => ms / 1000);
  // The tallest bars are drawn first, behind the others.
  const values = kind === 'bars' ? stacked(series).toReversed() : series.map((each) => [...each.values]);
  return [seconds, ...values];
};

/** The drawing of a chart. It loads with the first chart of a page. */
export const Plot = (props: PlotProps) => {
  const ref = useRef<HTMLDivElement>(null);
  const { xs, series } = props;
  useEffect(() => {
    const box = ref.current;
    if (box === null) return undefined;
    let plot: UPlot | undefined;
    const draw = (): void => {
      plot?.destroy();
      plot = new UPlot(optionsOf(props, box.clientWidth), dataOf(props), box);
    };
    draw();
    const sizes = new ResizeObserver(() => plot?.setSize({ width: box.clientWidth, height: HEIGHT_PX }));
    sizes.observe(box);
    const theme = new MutationObserver(draw);
    theme.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    return () => {
      sizes.disconnect();
      theme.disconnect();
      plot?.destroy();
    };
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- the functions may differ at each render
  }, [xs, series]);
  return <div ref={ref} />;
};
