import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { runCommand } from '../support/command-line.ts';
import { fillDatabase } from '../support/filled-database.ts';
import { postgres, startPostgres } from '../support/postgres-server.ts';
import { skipReason } from '../support/programs.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

const KEYS = `k1:${Buffer.alloc(32, 5).toString('base64')}`;
const env = { BELLWIRE_ENCRYPTION_KEYS: KEYS };

test('db:migrate creates the tables of a file, and changes nothing the second time', async () => {
  await using folder = await createTemporaryFolder();
  const args = ['db:migrate', '--database-url', 'file:new.db'];
  const first = await runCommand(args, { folder: folder.path });
  expect(first).toEqual({
    code: 0,
    stdout: `${folder.file('new.db')} now has the tables of this version (0001-foundation).\n`,
    stderr: '',
  });
  expect(await runCommand([...args, '--json'], { folder: folder.path })).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/"applied": \[\]/),
  });
});

test('migrate says what it did and what to do next', async () => {
  await using folder = await createTemporaryFolder();
  await fillDatabase(folder.file('from.db'), 300, KEYS);
  const args = ['migrate', '--from', 'file:from.db', '--to', 'file:to/to.db'];
  const first = await runCommand(args, { folder: folder.path, env });
  expect(first.code).toBe(0);
  expect(first.stdout).toMatch(/^bellwire_hooks +200 +[0-9a-f]{32}$/m);
  expect(first.stdout).toContain(`rows of ${folder.file('from.db')} are in ${folder.file('to/to.db')}.`);
  expect(first.stdout).toContain('BELLWIRE_ENCRYPTION_KEYS');
  expect(first.stdout).toContain('Do not start a server on');
  expect(first.stderr).toContain('Copying bellwire_hooks…');
  const second = await runCommand(args, { folder: folder.path, env });
  expect(second.stdout).toContain('Nothing was copied.');
  const wrong = await runCommand(args, { folder: folder.path });
  expect(wrong).toMatchObject({ code: 1, stdout: '' });
  expect(wrong.stderr).toMatch(/^bellwire: [^\n]+BELLWIRE_ENCRYPTION_KEYS[^\n]+\n$/);
});

test('without configured keys, migrate checks those of the key files of both servers', async () => {
  await using folder = await createTemporaryFolder();
  const writeKeys = async (name: string, keys: string): Promise<void> => {
    await mkdir(folder.file(name));
    await writeFile(folder.file(`${name}/keys`), `${keys}\n`, { mode: 0o600 });
  };
  await writeKeys('.bellwire', KEYS);
  await fillDatabase(folder.file('.bellwire/bellwire.db'), 300, KEYS);
  await writeKeys('other', `k1:${Buffer.alloc(32, 6).toString('base64')}`);
  const migrate = (to: string) =>
    runCommand(['migrate', '--from', 'file:.bellwire/bellwire.db', '--to', to], { folder: folder.path });
  expect(await migrate('file:other/bellwire.db')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('"k1"'),
  });
  expect(await migrate('file:new/bellwire.db')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(folder.file('.bellwire/keys')),
  });
});

test('a wrong URL is exit code 2, and a database that is not there exit code 1', async () => {
  await using folder = await createTemporaryFolder();
  for (const [from, to, code] of [
    ['bellwire.db', 'file:to.db', 2],
    ['file:from.db', 'mysql://localhost/to', 2],
    ['file:from.db', 'file:to.db', 1],
    ['postgres://user:secret@127.0.0.1:1/from', 'file:to.db', 1],
  ] as const) {
    const ended = await runCommand(['migrate', '--from', from, '--to', to], { folder: folder.path, env });
    expect(ended).toMatchObject({ code, stdout: '' });
    expect(ended.stderr).toMatch(/^bellwire: [^\n]+\n$/);
    expect(ended.stderr).not.toContain('secret');
  }
  expect(existsSync(folder.file('to.db'))).toBe(false);
  expect(await runCommand(['migrate', '--to', 'file:to.db'])).toMatchObject({ code: 2 });
  expect(await runCommand(['backup', 'copy.db', '--database-url', 'postgres://127.0.0.1/x'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('pg_dump'),
  });
});

test.skipIf('missing' in postgres)(
  `both commands use the configured schema of PostgreSQL${skipReason(postgres)}`,
  async () => {
    await using folder = await createTemporaryFolder();
    await using server = await startPostgres();
    await using database = await server.createDatabase();
    await fillDatabase(folder.file('from.db'), 300, KEYS);
    const options = {
      folder: folder.path,
      env: { ...env, BELLWIRE_DATABASE_URL: database.url, BELLWIRE_DATABASE_SCHEMA: 'hooks' },
    };
    const created = await runCommand(['db:migrate'], options);
    expect(created.stdout).toMatch(/^postgres:\/\/127\.0\.0\.1:\d+\/\w+ now has the tables/);
    const there = await runCommand(['migrate', '--from', 'file:from.db', '--to', database.url], options);
    expect(there).toMatchObject({ code: 0 });
    const back = ['migrate', '--from', database.url, '--to', 'file:back.db'];
    expect(await runCommand(back, { ...options, env })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('does not have the tables'),
    });
    expect(await runCommand(back, options)).toMatchObject({ code: 0 });
    expect(
      await runCommand(['migrate', '--from', 'file:from.db', '--to', 'file:back.db'], options),
    ).toMatchObject({ code: 0, stdout: expect.stringContaining('Nothing was copied.') });
  },
);
