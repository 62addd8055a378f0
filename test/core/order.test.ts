import { expect, it } from 'vitest';
import { dealTargets } from '../../packages/server/src/core/fan-out.ts';
import {
  isOrderPath,
  isReleased,
  keepsPlace,
  NO_KEY,
  orderKeyOf,
  takesPlace,
} from '../../packages/server/src/core/order.ts';
import { deliveryStatuses } from '../../packages/server/src/core/delivery.ts';

it('a key is the text, number or boolean at a dotted path', () => {
  const data = { order: { id: 'A-7', number: 42, paid: false }, list: [{ id: 'first' }], '': 1 };
  expect(orderKeyOf(data, 'order.id')).toBe('A-7');
  expect(orderKeyOf(data, 'order.number')).toBe('42');
  expect(orderKeyOf(data, 'order.paid')).toBe('false');
  expect(orderKeyOf(data, 'list.0.id')).toBe('first');
});

it('everything else counts as missing, which is the key of the whole hook', () => {
  const data = { order: { id: null, lines: [1], customer: { id: 1 } }, text: 'abc' };
  const missing = [
    'order.id',
    'order.lines',
    'order.customer',
    'order',
    'nothing',
    'nothing.id',
    'text.length',
  ];
  for (const path of [...missing, 'constructor', '__proto__.a', 'order.lines.length.x']) {
    expect(orderKeyOf(data, path)).toBe(NO_KEY);
  }
  expect(orderKeyOf(data, null)).toBe(NO_KEY);
});

const keyOf = (id: string) => orderKeyOf({ id }, 'id');

it('a key has at most 256 characters and can be stored: others are replaced by a digest, equal only for equal keys', () => {
  expect(keyOf('x'.repeat(256))).toBe('x'.repeat(256));
  const digests = [
    'x'.repeat(257),
    'x'.repeat(258),
    'a\u0000b',
    'a\u0000c',
    '\ud800',
    'y'.repeat(1_000_000),
  ].map(keyOf);
  for (const digest of digests) expect(digest).toMatch(/^sha256:[\w-]{43}$/);
  expect(new Set(digests).size).toBe(6);
  expect(keyOf('x'.repeat(257))).toBe(digests[0]);
});

it('only events that are sent at once to their subscribers take a place', () => {
  const ordered = { ordered: true, order_key: null };
  const event = { trigger: 'scheduled', deliver_at: null };
  expect(takesPlace(ordered, event)).toBe(true);
  expect(takesPlace({ ...ordered, ordered: false }, event)).toBe(false);
  expect(takesPlace(ordered, { ...event, deliver_at: 1 })).toBe(false);
  for (const trigger of ['ping', 'test', 'validate'])
    expect(takesPlace(ordered, { ...event, trigger })).toBe(false);
});

it('a delivery keeps its place until it has succeeded or is canceled', () => {
  expect(deliveryStatuses.filter(keepsPlace)).toEqual(['pending', 'sending', 'failed', 'held']);
});

it('the first delivery of a key is released if it waits for others and not for a time', () => {
  expect(isReleased({ status: 'pending', next_attempt_at: null })).toBe(true);
  expect(isReleased({ status: 'pending', next_attempt_at: 5 })).toBe(false);
  expect(isReleased({ status: 'held', next_attempt_at: null })).toBe(false);
  expect(isReleased({ status: 'failed', next_attempt_at: null })).toBe(false);
});

it('a path has names without spaces, separated by dots', () => {
  for (const path of ['id', 'order.id', 'a.0.b', 'größe', 'a-b.c_d']) expect(isOrderPath(path)).toBe(true);
  for (const path of ['', '.', 'a.', '.a', 'a..b', 'a b', ' a']) expect(isOrderPath(path)).toBe(false);
});

it('ordered hooks are stored with their event as long as there is room, unless an earlier event still waits', () => {
  const hooks = [1, 2, 3, 4, 5].map((id) => ({ id, ordered: id > 3 }));
  const ids = (room: number, is_waiting: boolean) => {
    const { first, later } = dealTargets(hooks, { room, is_waiting });
    return [first.map(({ id }) => id), later.map(({ id }) => id)];
  };
  expect(ids(5, false)).toEqual([[4, 5, 1, 2, 3], []]);
  expect(ids(4, false)).toEqual([
    [4, 5],
    [1, 2, 3],
  ]);
  expect(ids(5, true)).toEqual([
    [1, 2, 3],
    [4, 5],
  ]);
  expect(ids(2, true)).toEqual([[1], [4, 5, 2, 3]]);
});
