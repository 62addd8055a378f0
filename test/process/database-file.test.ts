import { createHash } from 'node:crypto';
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { type Bellwire, createBellwire, readConfig, type SettingTexts } from '@bellwire/server';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { processesIn } from '../support/processes-in.ts';
import { runBellwire, startServer } from '../support/server-process.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';

const EXIT_MS = 20_000;
const FILE = '.bellwire/bellwire.db';
const OTHER_KEY = 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=';

/** Opens the database of a folder in this process. */
const open = (folder: TemporaryFolder, settings: SettingTexts = {}): Promise<Bellwire> =>
  createBellwire(readConfig({ database_url: `file:${folder.file(FILE)}`, log_level: 'silent', ...settings }));

let original: TemporaryFolder;
beforeAll(async () => {
  original = await createTemporaryFolder();
  await using bellwire = await open(original);
  await bellwire.hooks.create({ url: 'https://example.com/', events: ['*'] });
});
afterAll(() => original[Symbol.asyncDispose]());

/** A folder with a database that Bellwire created and closed. */
const folderWithDatabase = async (): Promise<TemporaryFolder> => {
  const folder = await createTemporaryFolder();
  cpSync(original.path, folder.path, { recursive: true });
  return folder;
};

const sha256 = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

/** The digests of all files, by name. The lock file is empty. */
const digestsIn = (folder: TemporaryFolder): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(folder.file('.bellwire'))
      .filter((name) => !name.endsWith('-lock'))
      .map((name) => [name, sha256(folder.file(`.bellwire/${name}`))]),
  );

test('a second process on a database ends with exit code 1 and one line; the first continues', async () => {
  await using folder = await createTemporaryFolder();
  await using first = await startServer({ folder: folder.path });
  await using second = runBellwire({ folder: folder.path, args: ['serve', '--port', '0'] });
  expect(await second.endsWithin(EXIT_MS)).toEqual({ code: 1, signal: null });
  expect(second.stdout()).toBe('');
  expect(second.stderr()).toMatch(/^bellwire: Another Bellwire process is using [^\n]+\n$/);
  expect((await first.call('POST', '/v1/events', { type: 'a', data: {} })).status).toBe(202);
  expect(first.stderr()).toBe('');
  first.kill('SIGKILL');
  await first.endsWithin(EXIT_MS);
  await using third = await startServer({ folder: folder.path });
  expect((await third.call('GET', '/v1/events')).body.data, 'the lock ends with its process').toHaveLength(1);
  await third[Symbol.asyncDispose]();
  expect(processesIn(folder.path)).toEqual([]);
});

test.each([
  ['the wrong bytes', 'k1'],
  ['another name', 'k2'],
])('an encryption key with %s opens nothing and changes no byte of the data', async (_, name) => {
  await using folder = await folderWithDatabase();
  const before = digestsIn(folder);
  const message = expect.stringContaining('"k1"') as string;
  const refusal = { code: 'wrong_encryption_key', message };
  await expect(open(folder, { encryption_keys: `${name}:${OTHER_KEY}` })).rejects.toMatchObject(refusal);
  expect(digestsIn(folder)).toEqual(before);
});

test('a missing key file is not replaced by a new one, which could not decrypt anything', async () => {
  await using folder = await folderWithDatabase();
  renameSync(folder.file('.bellwire/keys'), folder.file('keys'));
  const before = digestsIn(folder);
  await expect(open(folder)).rejects.toThrow('.bellwire/keys');
  expect(existsSync(folder.file('.bellwire/keys'))).toBe(false);
  expect(digestsIn(folder)).toEqual(before);
  renameSync(folder.file('keys'), folder.file('.bellwire/keys'));
  await using bellwire = await open(folder);
  expect((await bellwire.hooks.list()).data).toHaveLength(1);
});

test('the database of a newer Bellwire is not changed', async () => {
  await using folder = await folderWithDatabase();
  const database = new Database(folder.file(FILE));
  database
    .prepare(`insert into bellwire_migrations (name, timestamp) values ('9999-from-the-future', 'tomorrow')`)
    .run();
  database.close();
  const before = digestsIn(folder);
  const message = expect.stringContaining('9999-from-the-future') as string;
  await expect(open(folder)).rejects.toMatchObject({ code: 'database_newer', message });
  expect(digestsIn(folder)).toEqual(before);
});

test('a file that is not a database is not changed', async () => {
  await using folder = await createTemporaryFolder();
  const text = 'milk, eggs, bread\n'.repeat(300);
  writeFileSync(folder.file('notes.db'), text);
  const database_url = `file:${folder.file('notes.db')}`;
  await expect(open(folder, { database_url })).rejects.toThrow('file is not a database');
  expect(readFileSync(folder.file('notes.db'), 'utf8')).toBe(text);
});
