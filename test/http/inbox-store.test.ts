import { expect, it } from 'vitest';
import { InboxStore, INBOX_BYTES_MAX } from '../../packages/server/src/http/inbox-store.ts';

const recording = (lines: readonly string[] = []) => {
  const file = [...lines];
  return {
    file,
    log: {
      lines,
      append: (line: string) => void file.push(line),
      replace: (all: readonly string[]) => void file.splice(0, file.length, ...all),
      close: () => Promise.resolve(),
    },
  };
};

const received = (body: string) => ({
  received_at: '2026-11-21T10:30:00.000Z',
  method: 'POST',
  signature: 'unknown' as const,
  event_type: null,
  headers: {},
  body,
  body_bytes: body.length,
});

const bytes = (lines: readonly string[]) => lines.reduce((sum, line) => sum + Buffer.byteLength(line), 0);

it('all inboxes share one budget of bytes, and the log at most two more', () => {
  const { file, log } = recording();
  const store = new InboxStore(log);
  const body = 'x'.repeat(8_000);
  for (let number = 0; number < 3_000; number += 1) store.add(`inbox-${number % 50}`, received(body));
  const kept = Array.from({ length: 50 }, (_, number) => store.list(`inbox-${number}`)).flat();
  expect(kept.length).toBeGreaterThan(400);
  expect(kept.length * 8_000).toBeLessThan(INBOX_BYTES_MAX);
  expect(bytes(file)).toBeLessThan(2 * INBOX_BYTES_MAX + 10_000);
  const again = new InboxStore(recording(file).log);
  expect(again.list('inbox-7')).toEqual(store.list('inbox-7'));
  expect(again.lastId).toBe(3_000);
});

it('keeps the latest 100 of an inbox, and ignores lines that it cannot read', () => {
  const { file, log } = recording();
  const store = new InboxStore(log);
  for (let number = 1; number <= 150; number += 1) store.add('a', received(String(number)));
  expect(store.list('a').map(({ body }) => body)).toEqual(
    Array.from({ length: 100 }, (_, index) => String(150 - index)),
  );
  const damaged = recording([
    ...file.slice(0, 149),
    'null',
    '{"id":"x"}',
    '[]',
    '{',
    ...file.slice(149),
    file[0]!,
  ]);
  const again = new InboxStore(damaged.log);
  expect(again.list('a')).toEqual(store.list('a'));
  expect(damaged.file).toHaveLength(100);
});
