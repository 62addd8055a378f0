import { expect, it } from 'vitest';
import { ChangeHistory } from '../../packages/server/src/http/change-history.ts';

const change = (hook_id: string, size = 10) => ({
  type: 'deliveries_changed' as const,
  data: { reason: 'held' as const, hook_id: 'x'.repeat(size), tenant: null },
  hook_id,
  tenant: null,
  owner: null,
});

const idsIn = (text: string | null) => text?.match(/^id: \S+$/gm)?.length ?? (text === null ? null : 0);

it('resumes within 2,000 events, and not beyond', () => {
  const history = new ChangeHistory('e');
  for (let number = 0; number < 3_000; number += 1) history.add([change('wh_1')]);
  expect(history.lastId).toBe('e-3000');
  expect(idsIn(history.since('e-1000', {}))).toBe(2_000);
  expect(idsIn(history.since('e-2999', {}))).toBe(1);
  expect(history.since('e-3000', {})).toBe('');
  expect([history.since('e-999', {}), history.since('e-3001', {}), history.since('f-2999', {})]).toEqual([
    null,
    null,
    null,
  ]);
  expect(history.since('e-1000', { hook_id: 'wh_2' })).toBe('');
});

it('is bounded in characters, and keeps a batch in order', () => {
  const history = new ChangeHistory('e');
  history.add(Array.from({ length: 1_000 }, (_, number) => change(`wh_${number}`, 10_000)));
  const kept = [...Array(1_000).keys()].findIndex((seq) => history.since(`e-${seq}`, {}) !== null);
  const text = history.since(`e-${kept}`, {})!;
  expect(text.length).toBeLessThan(4 * 1024 * 1024);
  expect(text.length).toBeGreaterThan(3 * 1024 * 1024);
  expect(text.startsWith(`id: e-${kept + 1}\n`)).toBe(true);
});
