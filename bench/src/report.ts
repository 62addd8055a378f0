import { readFileSync } from 'node:fs';
import { arch, cpus, loadavg, release, totalmem, type } from 'node:os';
import type { Row } from './scenario.ts';

/** The latest measurement of a scenario, as `results.json` keeps it. */
export interface Measured {
  readonly id: string;
  readonly about: string;
  readonly rows: readonly Row[];
  readonly settings: Settings;
  /** The load average of the machine before and after. */
  readonly load: readonly [before: number, after: number];
  readonly seconds: number;
  readonly at: string;
}

export const loadNow = (): number => loadavg()[0] ?? 0;

const versionOf = (name: string): string => {
  const file = new URL(`../node_modules/${name}/package.json`, import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string }).version;
};

/** `1,234`, `12.3` or `0.21`: three digits at least. */
export const shown = (value: number): string => {
  if (!Number.isFinite(value)) return '–';
  if (value >= 100 || Number.isInteger(value)) return Math.round(value).toLocaleString('en');
  return value.toFixed(value >= 10 ? 1 : 2);
};

const columnsOf = (rows: readonly Row[]): readonly string[] => [
  ...new Set(rows.flatMap(({ values }) => Object.keys(values))),
];

/** The rows as a Markdown table. Columns that a row does not have are empty. */
const tableOf = (rows: readonly Row[]): string => {
  const columns = columnsOf(rows);
  const lines = rows.map(({ label, values }) => {
    const cells = columns.map((column) => {
      const value = values[column];
      return value === undefined ? '' : shown(value);
    });
    return `| ${[label, ...cells].join(' | ')} |`;
  });
  return [`| | ${columns.join(' | ')} |`, `| --- |${' --: |'.repeat(columns.length)}`, ...lines].join('\n');
};

const machine = (): string => {
  const [cpu] = cpus();
  const memory = (totalmem() / 2 ** 30).toFixed(0);
  return `${cpus().length} × ${cpu?.model.trim() ?? 'unknown CPU'}, ${memory} GiB, ${type()} ${release()} ${arch()}`;
};

export interface Settings {
  readonly events: number;
  readonly full: boolean;
}

/** `20,000 events, short sizes` */
const sizesOf = ({ events, full }: Settings): string =>
  `${events.toLocaleString('en')} events at the peak, ${full ? 'full' : 'short'} sizes`;

/** The results file: machine and versions, then a table for each scenario with its settings, time and load. */
export const reportOf = (measured: readonly Measured[]): string => {
  const sections = measured.map(({ id, about, rows, settings, load, seconds, at }) => {
    const [before, after] = load.map((value) => value.toFixed(1));
    const table = rows.length === 0 ? 'Skipped on this machine.' : tableOf(rows);
    const how = `${at}: ${sizesOf(settings)}, ${seconds.toFixed(0)} s; load average ${before} before, ${after} after.`;
    return `## ${id}\n\n${about}\n\n${table}\n\n${how}\n`;
  });
  return [
    '# Results of `pnpm bench`\n',
    'Written by `pnpm bench`; see [the guide](README.md) for how to read it.\n',
    '![Events per second and CPU time](results.svg)\n',
    `- Machine: ${machine()}`,
    `- Versions: Node ${process.version}, Bellwire ${versionOf('@bellwire/server')}, undici ${versionOf('undici')}`,
    '- Settings: server, receiver and load generator share the machine; the server has its defaults, so that every event is on disk (fdatasync) before it is accepted\n',
    ...sections,
  ].join('\n');
};
