import { expect } from 'vitest';
import type { ApiKey } from '../../../packages/server/src/ports/repositories.ts';
import { type Check, FIRST_PAGE, idsOf, NOW } from './kit.ts';

const key = (id: string, workspace_id: string | null): ApiKey => ({
  id,
  workspace_id,
  name: 'CI',
  scope: workspace_id === null ? 'admin' : 'send',
  hint: 'bw_…4f2a',
  events_per_second: null,
  created_at: NOW,
  expires_at: null,
  last_used_at: null,
});

export const apiKeys = (check: Check): void => {
  check(
    'a key is found by its id with its hash, and listed as it was created, without the hash',
    async (kit) => {
      const workspace_id = await kit.arrange.addWorkspace();
      expect(await kit.api_keys.any()).toBe(false);
      await kit.api_keys.create(key('key_1', workspace_id), 'hash 1');
      await kit.api_keys.create({ ...key('key_2', null), expires_at: NOW + 1 }, 'hash 2');
      expect(await kit.api_keys.any()).toBe(true);
      expect(await kit.api_keys.find('key_1')).toEqual({
        id: 'key_1',
        workspace_id,
        scope: 'send',
        events_per_second: null,
        hash: 'hash 1',
        expires_at: null,
      });
      expect(await kit.api_keys.find('key_2')).toEqual({
        id: 'key_2',
        workspace_id: null,
        scope: 'admin',
        events_per_second: null,
        hash: 'hash 2',
        expires_at: NOW + 1,
      });
      const listed = { data: [key('key_1', workspace_id)], next: null };
      expect(await kit.api_keys.list(workspace_id, FIRST_PAGE)).toEqual(listed);
    },
  );

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
    expect(await kit.api_keys.find('key_1')).toBe(null);
    const changed = { kind: 'api_key', id: 'key_1' };
    expect(await kit.announced(() => kit.api_keys.create(key('key_1', null), 'hash'))).toEqual([changed]);
    expect(await kit.api_keys.find('key_1')).toMatchObject({ id: 'key_1' });
    expect(await kit.announced(() => kit.api_keys.remove(null, 'key_1'))).toEqual([changed]);
    expect(await kit.api_keys.find('key_1')).toBe(null);
  });

  check('the uses of keys are stored', async (kit) => {
    for (const id of ['key_1', 'key_2', 'key_3']) await kit.api_keys.create(key(id, null), `hash of ${id}`);
    await kit.api_keys.markUsed(['key_1', 'key_3', 'key_gone'], NOW + 5);
    const { data } = await kit.api_keys.list(null, FIRST_PAGE);
    expect(data.map(({ last_used_at }) => last_used_at)).toEqual([NOW + 5, null, NOW + 5]);
  });

  check('a hash belongs to one key', async (kit) => {
    await kit.api_keys.create(key('key_1', null), 'hash');
    await expect(kit.api_keys.create(key('key_2', null), 'hash')).rejects.toThrow(/unique/i);
    expect(idsOf(await kit.api_keys.list(null, FIRST_PAGE))).toEqual(['key_1']);
  });
};
