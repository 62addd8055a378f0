import { expect } from 'vitest';
import type { ApiKey } from '../../../packages/server/src/ports/repositories.ts';
import { type Check, FIRST_PAGE, idsOf, NOW } from './kit.ts';

const NO_RATE = { events_per_second: null };

const key = (id: string, workspace_id: string | null): ApiKey => ({
  id,
  workspace_id,
  name: 'CI',
  scope: workspace_id === null ? 'admin' : 'send',
  hint: 'bw_…4f2a',
  events_per_second: null,
  created_at: NOW,
});

export const apiKeys = (check: Check): void => {
  check('a key is found by its hash and listed as it was created, without the hash', async (kit) => {
    const workspace_id = await kit.arrange.addWorkspace();
    expect(await kit.api_keys.any()).toBe(false);
    await kit.api_keys.create(key('key_1', workspace_id), 'hash 1');
    await kit.api_keys.create(key('key_2', null), 'hash 2');
    expect(await kit.api_keys.any()).toBe(true);
    expect(await kit.api_keys.find('hash 1')).toEqual({
      ...NO_RATE,
      id: 'key_1',
      workspace_id,
      scope: 'send',
    });
    expect(await kit.api_keys.find('hash 2')).toEqual({
      ...NO_RATE,
      id: 'key_2',
      workspace_id: null,
      scope: 'admin',
    });
    const listed = { data: [key('key_1', workspace_id)], next: null };
    expect(await kit.api_keys.list(workspace_id, FIRST_PAGE)).toEqual(listed);
  });

  check('a workspace lists and removes only its own keys, an admin all keys', async (kit) => {
    const [one, two] = await kit.addWorkspaces();
    await kit.api_keys.create(key('key_1', one), 'hash 1');
    await kit.api_keys.create(key('key_2', two), 'hash 2');
    await kit.api_keys.create(key('key_3', null), 'hash 3');
    expect(idsOf(await kit.api_keys.list(two, FIRST_PAGE))).toEqual(['key_2']);
    expect(idsOf(await kit.api_keys.list(null, FIRST_PAGE))).toEqual(['key_3', 'key_2', 'key_1']);
    for (const [workspace_id, id, removed] of [
      [one, 'key_2', false],
      [one, 'key_3', false],
      [two, 'key_2', true],
      [null, 'key_1', true],
      [null, 'key_1', false],
    ] as const) {
      expect((await kit.api_keys.remove(workspace_id, id))?.id).toBe(removed ? id : undefined);
    }
    expect(idsOf(await kit.api_keys.list(null, FIRST_PAGE))).toEqual(['key_3']);
  });

  check('a key is valid from its creation to its removal, whatever the cache held', async (kit) => {
    expect(await kit.api_keys.find('hash')).toBe(null);
    const changed = { kind: 'api_key', hash: 'hash' };
    expect(await kit.announced(() => kit.api_keys.create(key('key_1', null), 'hash'))).toEqual([changed]);
    expect(await kit.api_keys.find('hash')).toMatchObject({ id: 'key_1' });
    expect(await kit.announced(() => kit.api_keys.remove(null, 'key_1'))).toEqual([changed]);
    expect(await kit.api_keys.find('hash')).toBe(null);
  });

  check('a hash belongs to one key', async (kit) => {
    await kit.api_keys.create(key('key_1', null), 'hash');
    await expect(kit.api_keys.create(key('key_2', null), 'hash')).rejects.toThrow(/unique/i);
    expect(idsOf(await kit.api_keys.list(null, FIRST_PAGE))).toEqual(['key_1']);
  });
};
