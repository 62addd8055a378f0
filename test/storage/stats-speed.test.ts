import { expect, it } from 'vitest';
import { systemClock } from '../../packages/server/src/clock.ts';
import { statsCounters } from '../../packages/server/src/core/attempt-stats.ts';
import { HOUR_MS, MINUTE_MS, statsRange } from '../../packages/server/src/core/stats-range.ts';
import type { StatsOf } from '../../packages/server/src/ports/stats.ts';
import { createStats } from '../../packages/server/src/storage/repositories/stats.ts';
import { createReader } from '../../packages/server/src/storage/sqlite/reader.ts';
import { type TestStore, openTestStoreInFile } from '../support/test-store.ts';
import { VIRTUAL_START as NOW } from '../support/virtual-clock.ts';

const HOOKS = Number(process.env['STATS_HOOKS'] ?? 20);
/** The length of the history in days: two of minutes, the rest of hours. */
const DAYS = Number(process.env['STATS_DAYS'] ?? 30);
/** The limit of the median. The default allows for tests that run at the same time. */
const MAX_MS = Number(process.env['STATS_MAX_MS'] ?? 2_000);
const ATTEMPTS = 1_000_000;

const idOf = (hook: number): string => `wh_${String(hook).padStart(26, '0')}`;

/** Rows of a million attempts of the hooks of one workspace, in every minute and hour of the history. */
const fill = ({ database: { raw } }: TestStore, workspace_id: string): number => {
  const counters = statsCounters.slice(0, 30);
  const insert = raw.prepare(
    `insert into bellwire_stats (width, start, workspace_id, kind, subject, ${counters.join()})
     values (?, ?, ?, ?, ?, ${counters.map(() => '?').join()})`,
  );
  const starts = [
    ...Array.from({ length: 48 * 60 }, (_, n) => [MINUTE_MS, n] as const),
    ...Array.from({ length: (DAYS - 2) * 24 }, (_, n) => [HOUR_MS, n + 48] as const),
  ].map(([width, n]) => [width, Math.floor(NOW / width) * width - n * width] as const);
  const each = Math.ceil(ATTEMPTS / starts.length / HOOKS);
  const counts = counters.map(() => each);
  const write = raw.transaction(() => {
    for (const [width, start] of starts) {
      insert.run(width, start, workspace_id, 'workspace', workspace_id, counts);
      for (let hook = 0; hook < HOOKS; hook += 1)
        insert.run(width, start, workspace_id, 'hook', idOf(hook), counts);
    }
  });
  write();
  return each * starts.length * HOOKS;
};

it(`statistics of a million attempts of ${HOOKS} hooks take less than ${MAX_MS} ms`, async () => {
  await using opened = await openTestStoreInFile();
  const workspace_id = 'ws_default';
  expect(fill(opened, workspace_id)).toBeGreaterThanOrEqual(ATTEMPTS);
  const reader = createReader(opened.path, { clock: systemClock });
  const stats = createStats({ db: opened.database.db, reader: reader.db });
  const took: Record<string, number> = {};
  const subjects: readonly StatsOf[] = [
    { kind: 'hook', workspace_id, hook_id: idOf(HOOKS - 1) },
    { kind: 'workspace', workspace_id },
  ];
  for (const of of subjects) {
    for (const [days, step] of [
      [1, '5m'],
      [2, '1h'],
      [DAYS, '1h'],
      [DAYS, '1d'],
    ] as const) {
      const range = statsRange({ from: NOW - days * 24 * HOUR_MS, step }, NOW);
      const times: number[] = [];
      for (let run = 0; run < 9; run += 1) {
        const began = performance.now();
        const [buckets] = await Promise.all([stats.counts(of, range), stats.backlog(of, NOW)]);
        times.push(performance.now() - began);
        expect(buckets.size).toBeGreaterThanOrEqual(days);
      }
      took[`${of.kind}, ${days} d by ${step}`] = Math.round(times.toSorted((a, b) => a - b)[4]!);
    }
  }
  await reader.close();
  console.info(took);
  expect(Math.max(...Object.values(took))).toBeLessThan(MAX_MS);
}, 600_000);
