import { copyFileSync, renameSync } from 'node:fs';
import { Kysely } from 'kysely';
import { expect, it } from 'vitest';
import { migrateToLatest } from '../../packages/server/src/storage/migrations/migrate.ts';
import { hash } from 'node:crypto';
import {
  checkSchema,
  expectedDefinitions,
  KNOWN_DEFINITIONS,
} from '../../packages/server/src/storage/sqlite/check-schema.ts';
import type { Schema } from '../../packages/server/src/storage/schema.ts';
import { assertDurable, openSqlite } from '../../packages/server/src/storage/sqlite/database.ts';
import { ConnectionQueue, WITHOUT_RESTS } from '../../packages/server/src/storage/sqlite/connection-queue.ts';
import { sqliteDialect, WriterDriver } from '../../packages/server/src/storage/sqlite/dialect.ts';
import { sqliteSchema } from '../../packages/server/src/storage/sqlite/schema-dialect.ts';
import { lockDatabaseFile } from '../../packages/server/src/storage/sqlite/file-lock.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';
import { openTestStore, openTestStoreInFile, type TestStore } from '../support/test-store.ts';
import { createKit } from './conformance/kit.ts';

const acceptOne = async (opened: TestStore) => {
  const kit = createKit(opened);
  const { workspace_id } = await kit.pair();
  return { kit, workspace_id, receipt: (await kit.stored(kit.event(workspace_id))).receipt };
};

it('every commit is synced, and a connection that would not sync it is noticed', async () => {
  await using opened = await openTestStoreInFile();
  await acceptOne(opened);
  const { database } = opened;
  const not_durable = expect.objectContaining({ code: 'database_not_durable' });
  await assertDurable(database);
  database.raw.pragma('synchronous = OFF');
  await expect(assertDurable(database)).rejects.toThrow(not_durable);
  database.raw.pragma('synchronous = NORMAL');
  await assertDurable(database);
  // Commits to a log that is not the one that is synced.
  renameSync(`${opened.path}-wal`, opened.folder.file('moved'));
  copyFileSync(opened.folder.file('moved'), `${opened.path}-wal`);
  await expect(assertDurable(database)).rejects.toThrow(not_durable);
  renameSync(opened.folder.file('moved'), `${opened.path}-wal`);
  await assertDurable(database);
  // A driver that returns before the sync.
  const hasty = new Kysely<Schema>({
    dialect: sqliteDialect(
      database.raw,
      new WriterDriver(database.raw, new ConnectionQueue(WITHOUT_RESTS), null),
    ),
  });
  await expect(assertDurable({ ...database, db: hasty })).rejects.toThrow(not_durable);
});

it('a copy of the files taken right after an accept contains the event', async () => {
  await using opened = await openTestStoreInFile();
  const { path, folder } = opened;
  const { receipt } = await acceptOne(opened);
  for (const end of ['', '-wal']) copyFileSync(path + end, folder.file(`copy.db${end}`));
  const copy = openSqlite(folder.file('copy.db'));
  expect(await copy.db.selectFrom('bellwire_events').select('id').execute()).toEqual([{ id: receipt.id }]);
  expect(copy.raw.pragma('integrity_check', { simple: true })).toBe('ok');
  await copy.close();
});

it('an accept during another transaction is neither part of it nor lost with its rollback', async () => {
  await using opened = await openTestStore();
  const kit = createKit(opened);
  const { workspace_id } = await kit.pair();
  const order: string[] = [];
  const accepted = { event: Promise.resolve() };
  const rolled_back = opened.database.db.transaction().execute(async (trx) => {
    accepted.event = kit.stored(kit.event(workspace_id)).then(() => void order.push('accepted'));
    await trx.updateTable('bellwire_workspaces').set({ name: 'renamed' }).execute();
    await new Promise((resolve) => setImmediate(resolve));
    order.push('rolled back');
    throw new Error('the business row was wrong');
  });
  await expect(rolled_back).rejects.toThrow('the business row was wrong');
  await accepted.event;
  expect(order).toEqual(['rolled back', 'accepted']);
  expect(await opened.arrange.events()).toHaveLength(1);
  const names = opened.database.db.selectFrom('bellwire_workspaces').select('name');
  expect(await names.execute()).toEqual([{ name: workspace_id }]);
});

it('on a full disk an accept is refused and stores nothing, and succeeds when there is room again', async () => {
  await using opened = await openTestStoreInFile();
  const { kit, workspace_id } = await acceptOne(opened);
  const pages = Number(opened.database.raw.pragma('page_count', { simple: true }));
  opened.database.raw.pragma(`max_page_count = ${pages}`);
  const big = kit.event(workspace_id, { data: { text: 'x'.repeat(100_000) } });
  await expect(kit.accept(big)).rejects.toMatchObject({ code: 'storage_failed', retry_after_s: 5 });
  expect(await kit.arrange.events()).toHaveLength(1);
  expect(await kit.arrange.deliveries()).toHaveLength(1);
  opened.database.raw.pragma('max_page_count = 1000000');
  await kit.stored(big);
  expect(await kit.arrange.events()).toHaveLength(2);
});

it('a second lock of the same file is refused at once, and granted after the first is released', async () => {
  await using folder = await createTemporaryFolder();
  const path = folder.file('bellwire.db');
  const first = lockDatabaseFile(path);
  expect(() => lockDatabaseFile(path)).toThrow(expect.objectContaining({ code: 'database_in_use' }));
  first.release();
  lockDatabaseFile(path).release();
});

it('a database in a folder that does not exist is refused as folder_unwritable', async () => {
  await using folder = await createTemporaryFolder();
  expect(() => openSqlite(folder.file('missing/bellwire.db'))).toThrow(
    expect.objectContaining({ code: 'folder_unwritable' }),
  );
});

it('migrating twice changes nothing, and a database of a newer Bellwire is refused untouched', async () => {
  await using opened = await openTestStoreInFile();
  const { receipt } = await acceptOne(opened);
  await migrateToLatest(opened.database.db, sqliteSchema);
  expect(await opened.arrange.events()).toMatchObject([{ id: receipt.id }]);
  opened.database.raw.exec("insert into bellwire_migrations values ('9999-future', '2099-01-01')");
  const migrated = migrateToLatest(opened.database.db, sqliteSchema);
  await expect(migrated).rejects.toMatchObject({ code: 'database_newer' });
});

it('a file with the tables of another version is refused unchanged, and the error says how to start', async () => {
  await using opened = await openTestStoreInFile();
  const { path } = opened;
  await checkSchema(opened.database, path);
  opened.database.raw.exec('alter table bellwire_hooks add column mood text');
  const before = opened.database.raw.serialize();
  await expect(checkSchema(opened.database, path)).rejects.toMatchObject({
    code: 'database_incompatible',
    message: expect.stringContaining(`move ${path}`) as string,
  });
  expect(opened.database.raw.serialize().equals(before)).toBe(true);
});

it('the known definitions are those of the migrations: update KNOWN_DEFINITIONS after a change of the tables', async () => {
  expect(KNOWN_DEFINITIONS).toBe(hash('sha256', await expectedDefinitions()));
});

it('secrets are encrypted at rest', async () => {
  await using opened = await openTestStoreInFile();
  const kit = createKit(opened);
  const { hook_id } = await kit.pair({ secret: 'visible-secret-text' });
  expect((await kit.hook(hook_id))!.secrets).toMatchObject([{ value: 'visible-secret-text' }]);
  expect(opened.database.raw.serialize().includes('visible-secret-text')).toBe(false);
  expect(opened.database.raw.serialize().includes(hook_id)).toBe(true);
});
