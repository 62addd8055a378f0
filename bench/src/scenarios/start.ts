import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { API_KEY } from '../event-load.ts';
import { prepareTables } from '../prepare-tables.ts';
import { quantile } from '../quantiles.ts';
import type { Row, Scenario } from '../scenario.ts';

const root = new URL('../../../', import.meta.url);
const MAIN = fileURLToPath(new URL('packages/cli/src/main.js', root));
const TSX = fileURLToPath(new URL('node_modules/tsx/dist/loader.mjs', root));

/** USER_HZ: the unit of times in /proc. */
const TICK_MS = 10;

/** The CPU time of a process in milliseconds; NaN where /proc has none. */
const cpuOf = async (pid: number): Promise<number> => {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
};

interface Start {
  readonly ms: number;
  readonly cpu_ms: number;
}

/** Starts the command line, waits until it says that it is running, and kills it. */
const startOnce = async (folder: string, file: string, node_args: readonly string[]): Promise<Start> => {
  const args = [...node_args, MAIN, 'serve', '--port', '0', '--log-level', 'error'];
  const env = {
    ...process.env,
    BELLWIRE_API_KEY: API_KEY,
    BELLWIRE_DATABASE_URL: `file:${join(folder, file)}`,
  };
  const started = performance.now();
  const child = spawn(process.execPath, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const printed = await Promise.race([once(child.stdout, 'data'), exited.then(() => null)]);
  const ms = performance.now() - started;
  if (printed === null || child.pid === undefined) throw new Error('the server ended before it was ready');
  const cpu_ms = await cpuOf(child.pid);
  child.kill('SIGKILL');
  await exited;
  return { ms, cpu_ms };
};

const startsOf = async (label: string, times: number, start: (n: number) => Promise<Start>): Promise<Row> => {
  // The first start fills the cache of compiled code.
  await start(-1);
  const starts: Start[] = [];
  for (let n = 0; n < times; n += 1) starts.push(await start(n));
  const all_ms = starts.map(({ ms }) => ms);
  return {
    label,
    values: {
      'ready p50 ms': quantile(all_ms, 0.5),
      'ready max ms': Math.max(...all_ms),
      'CPU ms': quantile(
        starts.map(({ cpu_ms }) => cpu_ms),
        0.5,
      ),
    },
  };
};

export const start: Scenario = {
  id: 'start',
  about:
    'From the start of the process to ready: a new database, an existing one, and after kill -9 with 100,000 pending deliveries.',
  run: async ({ folder, full, say }) => {
    const times = full ? 15 : 5;
    const pending = 100_000;
    const began = performance.now();
    await prepareTables(
      join(folder, 'start-pending.db'),
      { hooks: 1_000, finished: 0, old: 0, pending, gone_backlog: pending / 5, paused_backlog: 0 },
      9,
    );
    say(`  prepared in ${((performance.now() - began) / 1000).toFixed(0)} s`);
    return [
      await startsOf('new database', times, (n) => startOnce(folder, `new${n}.db`, [])),
      await startsOf('new database, with tsx', times, (n) =>
        startOnce(folder, `tsx${n}.db`, ['--import', TSX]),
      ),
      await startsOf('existing database', times, () => startOnce(folder, 'old.db', [])),
      await startsOf('100,000 pending, after kill -9', times, () =>
        startOnce(folder, 'start-pending.db', []),
      ),
    ];
  },
};
