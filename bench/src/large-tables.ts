import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { runLargeTables } from './run-large-tables.ts';
import type { PhaseResult } from './table-bench.ts';

// `node bench/src/large-tables.ts [--scale 0.02] [--phases 2,3,4] [--seconds 15]`: how long the server's
// main thread is blocked while it accepts events on large tables. Needs about 4 GB in the temporary folder at scale 1.

const P99_BAR_MS = 20;
const MAX_BAR_MS = 150;

const { values } = parseArgs({
  options: {
    scale: { type: 'string', default: '1' },
    phases: { type: 'string', default: '1,2,3,4,5,6,7' },
    seconds: { type: 'string', default: '15' },
  },
});

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const ms = (value: number): string => value.toFixed(1);

const verdictOf = ({ p99_ms, max_ms }: PhaseResult['loop']): string => {
  const over = [
    ...(p99_ms > P99_BAR_MS ? [`p99 over ${P99_BAR_MS} ms`] : []),
    ...(max_ms > MAX_BAR_MS ? [`max over ${MAX_BAR_MS} ms`] : []),
  ];
  return over.length === 0 ? 'within the bars' : over.join(', ');
};

const report = (result: PhaseResult): void => {
  const { title, accept, loop, rows, seconds, sent, other_statuses, notes } = result;
  say(`${title}: ${verdictOf(loop)} (load average ${loadavg()[0]?.toFixed(1)})`);
  say(
    `  accept ms      p50 ${ms(accept.p50_ms)}, p99 ${ms(accept.p99_ms)} (${sent} events, ${other_statuses} refused)`,
  );
  say(`  event loop ms  p50 ${ms(loop.p50_ms)}, p99 ${ms(loop.p99_ms)}, max ${ms(loop.max_ms)}`);
  say(`  done           ${rows} in ${seconds.toFixed(1)} s`);
  for (const note of notes) say(`  ${note}`);
};

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const { promised, stored } = await runLargeTables({
  scale: Number(values.scale),
  phases: values.phases.split(',').map(Number),
  phase_ms: Number(values.seconds) * 1000,
  onPrepared: (seconds, { finished, pending, hooks }) =>
    say(
      `prepared in ${seconds.toFixed(0)} s: ${finished} finished and ${pending} pending deliveries, ${hooks} hooks`,
    ),
  onPhase: report,
});
say(`deliveries: ${promised} in receipts, ${stored} in the table`);
