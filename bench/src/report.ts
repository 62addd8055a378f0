import { readFileSync } from 'node:fs';
import { arch, cpus, loadavg, release, totalmem, type } from 'node:os';
import type { Row, Scenario } from './scenario.ts';

export interface Measured {
  readonly scenario: Scenario;
  readonly rows: readonly Row[];
  /** The load average of the machine before and after. */
  readonly load: readonly [before: number, after: number];
  readonly seconds: number;
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

/** The results file: machine, versions, settings and load, then a table for each scenario. */
export const reportOf = (measured: readonly Measured[], { events, full }: Settings): string => {
  const sections = measured.map(({ scenario, rows, load, seconds }) => {
    const [before, after] = load.map((value) => value.toFixed(1));
    const table = rows.length === 0 ? 'Skipped on this machine.' : tableOf(rows);
    return `## ${scenario.id}\n\n${scenario.about}\n\n${table}\n\n${seconds.toFixed(0)} s; load average ${before} before, ${after} after.\n`;
  });
  return [
    '# Results of `pnpm bench`\n',
    'Written by `pnpm bench`; see [the guide](README.md) for how to read it.\n',
    '![Events per second and CPU time](results.svg)\n',
    `- Machine: ${machine()}`,
    `- Versions: Node ${process.version}, Bellwire ${versionOf('@bellwire/server')}, undici ${versionOf('undici')}`,
    `- Settings: ${events.toLocaleString('en')} events at the peak, ${full ? 'full' : 'short'} sizes; server, receiver and load generator share the machine; the server has its defaults, with synchronous=FULL`,
    `- Time: ${new Date().toISOString()}\n`,
    ...sections,
  ].join('\n');
};
