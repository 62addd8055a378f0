import { expect, test } from 'vitest';
import { runLargeTables } from '../../bench/src/run-large-tables.ts';

// The long form is `pnpm bench:tables`, whose limits a busy machine cannot keep.
const HELD_MAX_MS = 250;

test('retention, a disabled hook and a large fan-out block the main thread only briefly, and lose nothing', async () => {
  const { phases, promised, stored } = await runLargeTables({
    scale: 0.02,
    phases: [2, 3, 4],
    phase_ms: 1_000,
  });
  const byTitle = new Map(phases.map((phase) => [phase.title, phase]));
  expect([...byTitle.keys()]).toEqual(['retention', 'disabling a hook by 410', 'fan-out']);
  for (const { title, loop, sent, other_statuses } of phases) {
    expect(sent, title).toBeGreaterThan(0);
    expect(other_statuses, title).toBe(0);
    expect(loop.max_ms, title).toBeLessThan(HELD_MAX_MS);
  }
  // 2,000 old events with one delivery each, and 2,060 attempts.
  expect(byTitle.get('retention')?.rows).toBe(6_060);
  // The backlog of the hook; the delivery that was answered with 410 has failed.
  expect(byTitle.get('disabling a hook by 410')?.rows).toBe(4_000);
  expect(byTitle.get('fan-out')?.rows).toBe(1_000);
  expect(stored).toBe(promised);
}, 60_000);
