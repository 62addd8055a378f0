import { expect, it } from 'vitest';
import { createIdFactory, idAsUuid } from '../../packages/server/src/core/ids.ts';
import { createSeededRandom } from '../support/seeded-random.ts';
import { VIRTUAL_START } from '../support/virtual-clock.ts';

const factoryAt = (state: { now: number }, seed = 1) =>
  createIdFactory(() => state.now, createSeededRandom(seed).bytes);

const isAscending = (ids: readonly string[]): boolean =>
  ids.every((id, index) => index === 0 || ids[index - 1]! < id);

it('ids sort by the time of their creation', () => {
  const state = { now: 0 };
  const ids = factoryAt(state);
  const created = [0, 1, 2, 1_000, 65_536, 1e9, VIRTUAL_START, VIRTUAL_START + 1, 2 ** 47].map((now) => {
    state.now = now;
    return ids('evt');
  });
  expect(isAscending(created)).toBe(true);
});

it('a hundred thousand ids of one millisecond are unique and in order', () => {
  const ids = factoryAt({ now: VIRTUAL_START });
  const created = Array.from({ length: 100_000 }, () => ids('dlv'));
  expect(new Set(created).size).toBe(created.length);
  expect(isAscending(created)).toBe(true);
});

it('ids stay in order when the clock steps back, and follow the clock when it has caught up', () => {
  const state = { now: VIRTUAL_START };
  const ids = factoryAt(state);
  const created = [ids('att')];
  for (const step of [-1, -3_600_000, 5, -86_400_000, 7_200_000]) {
    state.now += step;
    for (let count = 0; count < 10; count += 1) created.push(ids('att'));
  }
  expect(isAscending(created)).toBe(true);
  state.now = VIRTUAL_START + 1_000;
  const caught_up = idAsUuid(ids('att')).replaceAll('-', '').slice(0, 12);
  expect(Number.parseInt(caught_up, 16)).toBe(state.now);
});

it('two processes create different ids in one millisecond', () => {
  const state = { now: VIRTUAL_START };
  const [one, two] = [factoryAt(state, 1), factoryAt(state, 2)];
  const created = Array.from({ length: 1_000 }, () => [one('evt'), two('evt')]).flat();
  expect(new Set(created).size).toBe(created.length);
});

it('an id is its prefix and 26 digits of lower case base 32', () => {
  const ids = factoryAt({ now: VIRTUAL_START });
  for (const prefix of ['ws', 'wh', 'evt', 'dlv', 'att', 'key', 'sec'] as const) {
    expect(ids(prefix)).toMatch(new RegExp(`^${prefix}_[0-7][0-9a-hjkmnp-tv-z]{25}$`, 'u'));
  }
});

it('the 128 bits of an id are a UUID of version 7 with its time', () => {
  const state = { now: VIRTUAL_START };
  const ids = factoryAt(state);
  for (const now of [1, VIRTUAL_START, VIRTUAL_START, VIRTUAL_START + 70_000, 2 ** 47]) {
    state.now = now;
    const uuid = idAsUuid(ids('dlv'));
    expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/u);
    expect(Number.parseInt(uuid.replace('-', '').slice(0, 12), 16)).toBe(now);
  }
});

it('an id has one UUID, and different ids have different UUIDs', () => {
  const ids = factoryAt({ now: VIRTUAL_START });
  const created = Array.from({ length: 10_000 }, () => ids('dlv'));
  expect(new Set(created.map(idAsUuid)).size).toBe(created.length);
  expect(idAsUuid(created[7]!)).toBe(idAsUuid(created[7]!));
  expect(idAsUuid('dlv_00000000000000000000000000')).toBe('00000000-0000-0000-0000-000000000000');
  expect(idAsUuid('dlv_7zzzzzzzzzzzzzzzzzzzzzzzzz')).toBe('ffffffff-ffff-ffff-ffff-ffffffffffff');
});
