import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqlite, type SqliteDatabase } from '../../packages/server/src/storage/sqlite/database.ts';
import { startChild } from './child.ts';
import { API_KEY, createHooks, type Hello } from './event-load.ts';
import { prepareTables, RETENTION_DAYS, type TableSizes } from './prepare-tables.ts';
import { measurePhase, type PhaseResult, timed } from './table-bench.ts';
import { tablePhases } from './table-phases.ts';

export interface LargeTablesOptions {
  /** 1 is a million finished and a million pending deliveries, and 20,000 hooks. */
  readonly scale: number;
  /** The numbers of the phases. They run in a fixed order. */
  readonly phases: readonly number[];
  /** Minimum duration of each phase. */
  readonly phase_ms: number;
  readonly onPrepared?: (seconds: number, sizes: TableSizes) => void;
  readonly onPhase?: (result: PhaseResult) => void;
}

export interface LargeTablesResult {
  readonly phases: readonly PhaseResult[];
  /** The deliveries in the receipts of all stored events, and the rows in the table. */
  readonly promised: number;
  readonly stored: number;
}

/** Minimum number of hooks, so that a fan-out needs more than one slice at every scale. */
const HOOKS_MIN = 1_000;

const sizesOf = (scale: number): TableSizes => {
  const of = (rows: number): number => Math.round(rows * scale);
  return {
    hooks: Math.max(HOOKS_MIN, of(20_000)),
    finished: of(1_000_000),
    old: of(100_000),
    pending: of(1_000_000),
    gone_backlog: of(200_000),
    paused_backlog: of(100_000),
  };
};

const sumUp = (raw: SqliteDatabase['raw']): Pick<LargeTablesResult, 'promised' | 'stored'> => {
  const numberOf = (query: string): number => raw.prepare<[], number>(query).pluck().get() ?? 0;
  return {
    promised: numberOf('select sum(deliveries) from bellwire_events'),
    stored: numberOf('select count(*) from bellwire_deliveries'),
  };
};

const runIn = async (path: string, options: LargeTablesOptions): Promise<LargeTablesResult> => {
  await using receiver = await startChild<Hello>('./receiver-process.ts');
  const sizes = sizesOf(options.scale);
  const { result: tables, ms } = await timed(() => prepareTables(path, sizes, receiver.hello.port));
  options.onPrepared?.(ms / 1000, sizes);
  const phases: PhaseResult[] = [];
  await using server = await startChild<Hello>('./server-process.ts', [
    `file:${path}`,
    API_KEY,
    `${RETENTION_DAYS}d`,
  ]);
  await createHooks(server, receiver);
  const database = openSqlite(path);
  try {
    const { raw } = database;
    const bench = { server, receiver, raw, tables, phase_ms: options.phase_ms };
    for (const { title, work } of tablePhases.filter(({ number }) => options.phases.includes(number))) {
      const result = await measurePhase(bench, title, work);
      phases.push(result);
      options.onPhase?.(result);
    }
    return { phases, ...sumUp(raw) };
  } finally {
    await database.close();
  }
};

/** Runs the server on large tables in a temporary folder, which it removes at the end. */
export const runLargeTables = async (options: LargeTablesOptions): Promise<LargeTablesResult> => {
  const folder = await mkdtemp(join(tmpdir(), 'bellwire-bench-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  // An uncaught error or a signal must not leave gigabytes behind.
  process.once('exit', remove);
  try {
    return await runIn(join(folder, 'bench.db'), options);
  } finally {
    remove();
    process.off('exit', remove);
  }
};
