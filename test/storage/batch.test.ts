import { expect, it } from 'vitest';
import { createCipher } from '../../packages/server/src/storage/cipher.ts';
import { Batch } from '../../packages/server/src/storage/store/batch.ts';
import { HookIndex } from '../../packages/server/src/storage/sqlite/hook-index.ts';
import { createHookReader } from '../../packages/server/src/storage/sqlite/hook-reader.ts';
import { openTestStore, TEST_KEY_RING } from '../support/test-store.ts';

it('an item that throws in its savepoint leaves neither rows nor changes of the batch', async () => {
  await using opened = await openTestStore();
  const { database, arrange } = opened;
  const workspace_id = await arrange.addWorkspace();
  const id = await arrange.addHook(workspace_id);
  const index = new HookIndex(createHookReader(database, createCipher(TEST_KEY_RING)), {
    read: (work) => database.read('flow', work),
    max_age: null,
  });
  const { raw } = database;
  const savepoint = <T>(work: () => T): T => raw.transaction(work)();
  const batch = new Batch(1, index);
  const change = () => {
    batch.stored += 3;
    batch.held += 2;
    batch.has_fan_outs = true;
    batch.changeHook({ ...batch.hook(workspace_id, id)!, status: 'disabled' });
    batch.addTenant({ workspace_id, tenant: 'cus_1' });
    raw.prepare(`update bellwire_hooks set name = 'changed' where id = ?`).run(id);
  };
  const state = () => ({
    counts: [batch.stored, batch.held, batch.has_fan_outs],
    hook: batch.hook(workspace_id, id)?.status,
    changes:
      [...batch.changes.hooks].length + batch.changes.changed_status.size + batch.changes.tenants.length,
    name: raw.prepare('select name from bellwire_hooks').pluck().get(),
  });
  const before = state();
  expect(() =>
    batch.isolate(savepoint, () => {
      change();
      throw new Error('the database refuses the item');
    }),
  ).toThrow('the database refuses the item');
  expect(state()).toEqual(before);
  batch.isolate(savepoint, change);
  expect(state()).toEqual({ counts: [3, 2, true], hook: 'disabled', changes: 3, name: 'changed' });
});
