import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { processesIn } from '../support/processes-in.ts';
import { type BellwireOptions, runBellwire, startServer } from '../support/server-process.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';

const PATH = '.bellwire/bellwire.db';
const QUICK_MS = 10_000;

/** A start that must fail: with exit code 1, one line on standard error, and soon. */
const refusal = async (options: BellwireOptions): Promise<string> => {
  await using bellwire = runBellwire({ args: ['serve', '--port', '0'], ...options });
  expect(await bellwire.endsWithin(QUICK_MS)).toEqual({ code: 1, signal: null });
  expect(bellwire.stdout()).toBe('');
  expect(bellwire.stderr()).toMatch(/^bellwire: [^\n]+\n$/);
  return bellwire.stderr();
};

/** A folder with a database that a server has made, and closed in order. */
const folderWithDatabase = async (): Promise<TemporaryFolder> => {
  const folder = await createTemporaryFolder();
  await using server = await startServer({ folder: folder.path });
  await server.call('POST', '/v1/webhooks', { url: 'https://example.com/', events: ['*'] });
  server.kill('SIGTERM');
  await server.endsWithin(QUICK_MS);
  return folder;
};

/** Digests of all files below the folder, by name. The lock is empty and nobody's data. */
const digestsIn = (folder: TemporaryFolder): ReadonlyMap<string, string> =>
  new Map(
    readdirSync(folder.file('.bellwire'))
      .filter((name) => !name.endsWith('-lock'))
      .map((name) => [
        name,
        createHash('sha256')
          .update(readFileSync(folder.file(`.bellwire/${name}`)))
          .digest('hex'),
      ]),
  );

const otherKeys = 'k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=';

test('a second process on a database ends at once with exit code 1; the first goes on', async () => {
  await using folder = await createTemporaryFolder();
  await using first = await startServer({ folder: folder.path });
  const line = await refusal({ folder: folder.path });
  expect(line).toContain('Another Bellwire process is using');
  expect((await first.call('POST', '/v1/events', { type: 'a', data: {} })).status).toBe(202);
  expect(first.stderr()).toBe('');
});

test('the lock is gone with its process, also after kill -9', async () => {
  await using folder = await createTemporaryFolder();
  {
    await using first = await startServer({ folder: folder.path });
    first.kill('SIGKILL');
    await first.endsWithin(QUICK_MS);
  }
  await using second = await startServer({ folder: folder.path });
  expect((await second.call('GET', '/v1/events')).status).toBe(200);
});

test('with the wrong encryption key nothing starts, and no byte of the data changes', async () => {
  await using folder = await folderWithDatabase();
  const before = digestsIn(folder);
  const line = await refusal({ folder: folder.path, env: { BELLWIRE_ENCRYPTION_KEYS: otherKeys } });
  expect(line).toContain('cannot be decrypted');
  const renamed = { BELLWIRE_ENCRYPTION_KEYS: otherKeys.replace('k1', 'k2') };
  expect(await refusal({ folder: folder.path, env: renamed })).toContain('"k1", which is not in');
  expect(digestsIn(folder)).toEqual(before);
});

test('with the key file gone no new one is made: it would open nothing', async () => {
  await using folder = await folderWithDatabase();
  renameSync(folder.file('.bellwire/keys'), folder.file('keys'));
  const before = digestsIn(folder);
  expect(await refusal({ folder: folder.path })).toContain('.bellwire/keys is missing');
  expect(existsSync(folder.file('.bellwire/keys'))).toBe(false);
  expect(digestsIn(folder)).toEqual(before);
  renameSync(folder.file('keys'), folder.file('.bellwire/keys'));
  await using server = await startServer({ folder: folder.path });
  expect((await server.call('GET', '/v1/webhooks')).body.data).toHaveLength(1);
});

test('a database of a newer Bellwire is left alone', async () => {
  await using folder = await folderWithDatabase();
  const database = new Database(folder.file(PATH));
  database
    .prepare(`insert into bellwire_migrations (name, timestamp) values ('9999-from-the-future', 'tomorrow')`)
    .run();
  database.close();
  const before = digestsIn(folder);
  const line = await refusal({ folder: folder.path });
  expect(line).toContain('newer version of Bellwire (it has the migration 9999-from-the-future)');
  expect(digestsIn(folder)).toEqual(before);
});

test('a file that is no database is left alone', async () => {
  await using folder = await createTemporaryFolder();
  writeFileSync(folder.file('notes.db'), 'milk, eggs, bread\n'.repeat(300));
  const env = { BELLWIRE_DATABASE_URL: 'file:notes.db' };
  expect(await refusal({ folder: folder.path, env })).toContain('file is not a database');
  expect(readFileSync(folder.file('notes.db'), 'utf8')).toBe('milk, eggs, bread\n'.repeat(300));
  expect(processesIn(folder.path)).toEqual([]);
});
