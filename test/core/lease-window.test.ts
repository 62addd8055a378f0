import { expect, it } from 'vitest';
import { LeaseWindow } from '../../packages/server/src/core/lease-window.ts';

it('covers nothing before it begins', () => {
  expect(new LeaseWindow().covers(10, 10)).toBe(false);
});

it('covers what was checked in it, until it ends', () => {
  const window = new LeaseWindow();
  window.extend(100, 8_100);
  window.extend(2_100, 10_100);
  expect(window.covers(150, 9_000)).toBe(true);
  expect(window.covers(150, 10_100)).toBe(false);
  expect(window.covers(50, 200)).toBe(false);
});

it('after an interruption, covers only what was checked since', () => {
  const window = new LeaseWindow();
  window.extend(100, 8_100);
  window.extend(20_000, 28_000);
  expect(window.covers(7_000, 20_001)).toBe(false);
  expect(window.covers(20_000, 20_001)).toBe(true);
});

it('is the same window in another thread', () => {
  const window = new LeaseWindow();
  const there = new LeaseWindow(window.shared);
  window.extend(100, 8_100);
  expect(there.covers(100, 8_000)).toBe(true);
});
