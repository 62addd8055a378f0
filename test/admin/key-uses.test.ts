import { expect, it } from 'vitest';
import { KeyUses } from '../../packages/server/src/admin/key-uses.ts';
import { openStore } from '../support/test-store.ts';
import { createVirtualClock, VIRTUAL_START } from '../support/virtual-clock.ts';

const LIMIT = 100;

it('the use of a key is written once a minute at most, and never by the call itself', async () => {
  await using opened = await openStore();
  const { api_keys } = opened.repositories;
  const clock = createVirtualClock();
  let writes = 0;
  const uses = new KeyUses(
    {
      ...api_keys,
      markUsed: (...used) => {
        writes += 1;
        return api_keys.markUsed(...used);
      },
    },
    clock,
  );
  const key = {
    workspace_id: null,
    name: 'k',
    scope: 'admin',
    hint: '…',
    events_per_second: null,
    created_at: 0,
  } as const;
  for (const id of ['key_busy', 'key_idle']) {
    await api_keys.create({ ...key, id, expires_at: null, last_used_at: null }, id);
  }
  const usesOf = async () => {
    const { data } = await api_keys.list(null, { limit: 10, after: null });
    return data.map(({ last_used_at }) => (last_used_at === null ? null : last_used_at - VIRTUAL_START));
  };
  for (let second = 0; second <= 120; second += 1) {
    uses.add('key_busy');
    const at_call = writes;
    for (let call = 0; call < 100; call += 1) uses.add('key_busy');
    expect(writes).toBe(at_call);
    expect(await uses.write(LIMIT)).toBe(false);
    if (second === 59) expect(await usesOf()).toEqual([null, 0]);
    if (second === 60) expect(await usesOf()).toEqual([null, 60_000]);
    await clock.advance(1_000);
  }
  expect(writes).toBe(3);
});

it('the uses of many keys are written in slices', async () => {
  await using opened = await openStore();
  const uses = new KeyUses(opened.repositories.api_keys, createVirtualClock());
  for (const id of ['key_1', 'key_2', 'key_3']) uses.add(id);
  expect(await uses.write(2)).toBe(true);
  expect(await uses.write(2)).toBe(false);
});
