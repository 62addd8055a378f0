import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadNow, type Measured, shown } from './report.ts';
import { writeResults } from './results.ts';
import type { Scenario } from './scenario.ts';
import { scenarios } from './scenarios/all.ts';

// `pnpm bench [id…] [--events 20000] [--full] [--list]`. Without an id, every scenario runs, and bench/results.md with
// its picture is written; with ids, only with --write, which keeps the results of the other scenarios.

const say = (line: string): void => void process.stdout.write(`${line}\n`);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    events: { type: 'string', default: '20000' },
    full: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});

const chosen = (): readonly Scenario[] => {
  const unknown = positionals.find((id) => !scenarios.some((scenario) => scenario.id === id));
  if (unknown !== undefined) {
    const ids = scenarios.map(({ id }) => id).join(', ');
    throw new Error(`There is no scenario "${unknown}". Choose from: ${ids}.`);
  }
  return scenarios.filter(({ id }) => positionals.length === 0 || positionals.includes(id));
};

const runAll = async (folder: string, events: number): Promise<readonly Measured[]> => {
  const measured: Measured[] = [];
  for (const scenario of chosen()) {
    say(`${scenario.id}: ${scenario.about}`);
    const before = loadNow();
    const started = performance.now();
    const rows = await scenario.run({ folder, events, full: values.full, say });
    const seconds = (performance.now() - started) / 1000;
    const { id, about } = scenario;
    const settings = { events, full: values.full };
    const at = new Date().toISOString();
    measured.push({ id, about, rows, settings, load: [before, loadNow()], seconds, at });
    for (const { label, values: columns } of rows) {
      const cells = Object.entries(columns).map(([name, value]) => `${name} ${shown(value)}`);
      say(`  ${label}: ${cells.join(', ')}`);
    }
  }
  return measured;
};

const main = async (): Promise<void> => {
  if (values.list) {
    for (const { id, about } of scenarios) say(`${id.padEnd(10)} ${about}`);
    return;
  }
  const events = Number(values.events);
  if (!Number.isInteger(events) || events < 1_000) throw new Error('--events: at least 1000.');
  const folder = await mkdtemp(join(tmpdir(), 'bellwire-bench-'));
  // An error or a signal must not leave gigabytes behind.
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const measured = await runAll(folder, events);
  if (positionals.length > 0 && !values.write) return;
  await writeResults(measured);
  say('Written: bench/results.md, bench/results.svg and bench/results.json.');
};

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
await main();
