import { lazy, Suspense, useState } from 'react';
import { Button } from './button.tsx';
import './chart.css';
import './table.css';

/** Only colors whose meaning is the same everywhere. */
export type SeriesTone = 'ok' | 'bad' | 'accent' | 'text' | 'rest';

export interface Series {
  readonly name: string;
  readonly tone: SeriesTone;
  /** One value for each of `xs`; null where there is none. */
  readonly values: readonly (number | null)[];
}

export interface ChartProps {
  /** What the chart shows, for its heading and for screen readers. */
  readonly label: string;
  /** Times in milliseconds, ascending, one step apart. */
  readonly xs: readonly number[];
  /** The first one is at the bottom of stacked bars. */
  readonly series: readonly Series[];
  /** `bars` are stacked. Default: `lines`. */
  readonly kind?: 'lines' | 'bars';
  /** A value with its unit. */
  readonly format?: (value: number) => string;
}

const Plot = lazy(async () => ({ default: (await import('./chart-plot.tsx')).Plot }));

const plainNumber = (value: number): string => value.toLocaleString('en');

const shownTime = (ms: number): string =>
  new Date(ms).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short' });

/** Values over time, with the ones under the pointer in the legend, and all of them as a table. */
export const Chart = (props: ChartProps) => {
  const { label, format = plainNumber } = props;
  const [at, setAt] = useState<number | null>(null);
  const [table, setTable] = useState(false);
  return (
    <figure className="chart" aria-label={label}>
      <figcaption className="chart-head">
        <h3>{label}</h3>
        <Button kind="bare" onClick={() => setTable(!table)}>
          {table ? 'As a chart' : 'As a table'}
        </Button>
      </figcaption>
      <Legend {...props} format={format} at={at} />
      {table ? (
        <Values {...props} format={format} />
      ) : (
        <div className="chart-plot" aria-hidden="true">
          <Suspense>
            <Plot {...props} format={format} onPoint={setAt} />
          </Suspense>
        </div>
      )}
    </figure>
  );
};

interface LegendProps extends ChartProps {
  readonly format: (value: number) => string;
  /** The index of the time under the pointer. */
  readonly at: number | null;
}

/** The names of the series, and their values under the pointer: on one line, so that nothing moves. */
const Legend = ({ xs, series, format, at }: LegendProps) => {
  const time = at === null ? undefined : xs[at];
  return (
    <div className="chart-legend">
      {series.map(({ name, tone, values }) => (
        <span key={name} className="chart-key">
          <span className={`chart-swatch chart-${tone}`} aria-hidden="true" />
          {name}
          {at === null ? null : <b>{valueText(values[at], format)}</b>}
        </span>
      ))}
      {time === undefined ? null : <span className="quiet">{shownTime(time)}</span>}
    </div>
  );
};

const valueText = (value: number | null | undefined, format: (value: number) => string): string =>
  value === null || value === undefined ? '–' : format(value);

/** The newest first. */
const Values = ({ label, xs, series, format = plainNumber }: ChartProps) => (
  <div className="chart-plot chart-values" tabIndex={0} role="region" aria-label={`${label}: table`}>
    <table className="table">
      <thead>
        <tr>
          <th scope="col">Time</th>
          {series.map(({ name }) => (
            <th key={name} scope="col" className="number">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {xs
          .map((time, index) => (
            <tr key={time}>
              <td>{shownTime(time)}</td>
              {series.map(({ name, values }) => (
                <td key={name} className="number">
                  {valueText(values[index], format)}
                </td>
              ))}
            </tr>
          ))
          .toReversed()}
      </tbody>
    </table>
  </div>
);
