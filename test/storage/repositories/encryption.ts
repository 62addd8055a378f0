import { expect } from 'vitest';
import { createCipher } from '../../../packages/server/src/storage/cipher.ts';
import { Invalidations } from '../../../packages/server/src/storage/invalidations.ts';
import { createEncryption } from '../../../packages/server/src/storage/repositories/encryption.ts';
import { TEST_KEY_RING } from '../../support/test-store.ts';
import { type Check, type Kit, NOW } from './kit.ts';

const NEW_KEY = `new_1:${Buffer.alloc(32, 8).toString('base64')}`;

/** The same database with a new key in front of the old one. */
const rotated = ({ db, caches, cipher: old }: Kit) => {
  const cipher = createCipher(`${NEW_KEY},${TEST_KEY_RING}`);
  expect(cipher.kids).toEqual(['new_1', old.kid]);
  return createEncryption(
    { db, reader: db },
    { caches, cipher, invalidations: new Invalidations(), wireIdOf: () => null },
  );
};

const of = (id: string, values: number) => expect.objectContaining({ id, values });

export const encryption = (check: Check): void => {
  check(
    'every value is encrypted again with the current key, in slices that can be repeated',
    async (kit) => {
      const workspace_id = await kit.arrange.addWorkspace();
      for (let index = 0; index < 60; index += 1) {
        const secret = { id: kit.ids('sec'), value: `secret ${index}`, created_at: NOW };
        await kit.addHook(workspace_id, { headers: { 'X-A': `value ${index}` }, secret });
      }
      const { keys, rekey } = rotated(kit);
      expect(await keys()).toEqual([of('new_1', 0), of('test', 120)]);
      const first = await rekey(null, 50);
      expect(first).toMatchObject({ rekeyed: 50, unreadable: [] });
      expect(await keys()).toEqual([of('new_1', 50), of('test', 70)]);
      // The same place again: nothing there is left to do.
      const repeated = await rekey(null, 50);
      expect(repeated.rekeyed).toBe(10);
      let next: string | null = first.next;
      while (next !== null) next = (await rekey(next, 1_000)).next;
      expect(await keys()).toEqual([of('new_1', 120), of('test', 0)]);
      expect(await rekey(null, 1_000)).toEqual({ rekeyed: 0, unreadable: [], next: null });
      const [{ is_removable } = {}] = (await keys()).slice(1);
      expect(is_removable).toBe(true);
    },
  );
};
