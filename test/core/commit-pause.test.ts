import { expect, it } from 'vitest';
import { commitPauseMs } from '../../packages/server/src/core/commit-pause.ts';

it('an item that was committed alone makes the next one wait for nothing', () => {
  expect(commitPauseMs({ items: 1, took_ms: 1_000 })).toBe(0);
});

it.each([
  [2, 1, 1.5],
  [12, 1, 1.5],
  [16, 1, 2],
  [16, 2, 4],
  [100, 2, 5],
  [2, 100, 5],
  [100, 0, 0],
])('after %d items in %d ms, the next commit begins %d ms later', (items, took_ms, pause_ms) => {
  expect(commitPauseMs({ items, took_ms })).toBe(pause_ms);
});
