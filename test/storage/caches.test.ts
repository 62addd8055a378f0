import { expect, it } from 'vitest';
import { createCipher } from '../../packages/server/src/storage/cipher.ts';
import { LoadingCache } from '../../packages/server/src/storage/loading-cache.ts';
import { HookIndex } from '../../packages/server/src/storage/sqlite/hook-index.ts';
import { createHookReader } from '../../packages/server/src/storage/sqlite/hook-reader.ts';
import { openTestStore, TEST_KEY_RING } from '../support/test-store.ts';

/** A cache whose loads are resolved by the test. */
const cacheOf = (max_age_ms: number | null) => {
  const loads: PromiseWithResolvers<string>[] = [];
  const clock = { now: 0 };
  const cache = new LoadingCache({
    load: () => {
      const load = Promise.withResolvers<string>();
      loads.push(load);
      return load.promise;
    },
    max: 10,
    max_age: max_age_ms === null ? null : { ms: max_age_ms, monotonic: () => clock.now },
  });
  return { cache, loads, clock };
};

it('a value is loaded once, even for concurrent reads', async () => {
  const { cache, loads } = cacheOf(null);
  const both = Promise.all([cache.get('a'), cache.get('a')]);
  loads[0]!.resolve('first');
  expect(await both).toEqual(['first', 'first']);
  expect(await cache.get('a')).toBe('first');
  expect(loads).toHaveLength(1);
});

it('a late load fails its callers and those that follow until it ends, and is kept', async () => {
  const load = Promise.withResolvers<string>();
  const late = new Error('late');
  const cache = new LoadingCache({
    load: () => load.promise,
    max: 10,
    max_age: null,
    inTime: () => Promise.reject(late),
  });
  await expect(cache.get('a')).rejects.toBe(late);
  await expect(cache.get('a')).rejects.toBe(late);
  load.resolve('value');
  await load.promise;
  expect(await cache.get('a')).toBe('value');
});

it('a load that was under way at an invalidation is not cached', async () => {
  const { cache, loads } = cacheOf(null);
  const old = cache.get('a');
  cache.delete('a');
  const fresh = cache.get('a');
  loads[1]!.resolve('after');
  loads[0]!.resolve('before');
  expect([await old, await fresh, await cache.get('a')]).toEqual(['before', 'after', 'after']);
});

it('a failed load is retried', async () => {
  const { cache, loads } = cacheOf(null);
  const failed = cache.get('a');
  loads[0]!.reject(new Error('the database is busy'));
  await expect(failed).rejects.toThrow('busy');
  const again = cache.get('a');
  loads[1]!.resolve('value');
  expect(await again).toBe('value');
});

it('a lost invalidation delays a change at most by the age limit, counted from the start of the load', async () => {
  const { cache, loads, clock } = cacheOf(5_000);
  clock.now = 1_000;
  const first = cache.get('a');
  clock.now = 4_000;
  loads[0]!.resolve('first');
  expect(await first).toBe('first');
  clock.now = 5_999;
  void cache.get('a');
  expect(loads).toHaveLength(1);
  clock.now = 6_001;
  void cache.get('a');
  expect(loads).toHaveLength(2);
});

const openIndex = async () => {
  const opened = await openTestStore();
  const clock = { now: 1_000 };
  const index = new HookIndex(createHookReader(opened.database, createCipher(TEST_KEY_RING)), {
    read: (work) => opened.database.read('flow', work),
    max_age: { ms: 5_000, monotonic: () => clock.now },
  });
  const workspace = await opened.arrange.addWorkspace();
  const names = () => index.subscribers(workspace, 'order.created', null).map(({ id }) => id);
  return { opened, clock, index, workspace, names };
};

it('the index of hooks applies a change at its invalidation, or after the age limit without one', async () => {
  const { opened, clock, index, workspace, names } = await openIndex();
  await using _ = opened;
  await index.prepare(workspace);
  const announced = await opened.arrange.addHook(workspace);
  expect(names()).toEqual([]);
  index.invalidate(workspace, announced);
  expect(names()).toEqual([announced]);
  const silent = await opened.arrange.addHook(workspace);
  expect(names()).toEqual([announced]);
  clock.now += 5_001;
  expect(names()).toEqual([announced, silent]);
});

it('a hook that is created while the index is built page by page is indexed', async () => {
  const { opened, index, workspace, names } = await openIndex();
  await using _ = opened;
  await opened.arrange.addHooks(workspace, 2_500);
  const built = index.prepare(workspace);
  const added = await opened.arrange.addHook(workspace);
  index.invalidate(workspace, added);
  await built;
  expect(names()).toHaveLength(2_501);
  expect(names()).toContain(added);
});
