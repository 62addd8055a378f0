import { cpSync, existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { runCommand } from '../support/command-line.ts';
import { runBellwire, startServer } from '../support/server-process.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';

const backup = (folder: TemporaryFolder, ...args: readonly string[]) =>
  runCommand(['backup', ...args], { folder: folder.path });

/** Sends events one after the other until it is stopped. Returns the ids of the accepted ones. */
const sendUntil = async (server: Awaited<ReturnType<typeof startServer>>, stopped: Promise<unknown>) => {
  const accepted: string[] = [];
  const state = { ended: false };
  void stopped.finally(() => (state.ended = true));
  while (!state.ended) {
    const { body } = await server.call('POST', '/v1/events', { type: 'order.created', data: { a: 'b' } });
    accepted.push(body.id as string);
  }
  return accepted;
};

test('a backup of a running server has everything accepted before it, and a server starts from it', async () => {
  await using folder = await createTemporaryFolder();
  await using restored = await createTemporaryFolder();
  await using server = await startServer({ folder: folder.path });
  const { body: hook } = await server.call('POST', '/v1/webhooks', {
    url: 'https://example.com/',
    events: ['nothing'],
  });
  const before: string[] = [];
  for (let number = 0; number < 20; number += 1) {
    const event = { type: 'order.created', data: { number } };
    before.push((await server.call('POST', '/v1/events', event)).body.id as string);
  }
  await using command = runBellwire({ folder: folder.path, args: ['backup', 'backup.db'] });
  const ended = command.endsWithin(20_000);
  const during = sendUntil(server, ended);
  expect(await ended).toEqual({ code: 0, signal: null });
  expect(command.stderr()).toBe('');
  expect(command.stdout()).toMatch(/^Wrote \S+backup\.db: \d+ bytes, 1 workspaces, 1 hooks, \d+ events/);
  expect(command.stdout()).toContain('.bellwire/keys');
  expect(statSync(folder.file('backup.db')).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder.path).filter((name) => name.startsWith('backup.db'))).toEqual(['backup.db']);
  expect((await during).length).toBeGreaterThan(0);

  cpSync(folder.file('.bellwire/keys'), restored.file('.bellwire/keys'));
  cpSync(folder.file('backup.db'), restored.file('.bellwire/bellwire.db'));
  await using second = await startServer({ folder: restored.path });
  for (const [number, id] of before.entries()) {
    expect((await second.call('GET', `/v1/events/${id}`)).body).toMatchObject({ data: { number } });
  }
  // The secrets can be decrypted with the copied keys.
  const secrets = await second.call('POST', `/v1/webhooks/${hook.id}/secret`);
  expect(secrets.body.secret).toBe(hook.secret);
  expect((await second.call('POST', '/v1/events', { type: 'order.created', data: {} })).status).toBe(202);
});

test('a backup does not replace a file without --force, and never a database in use', async () => {
  await using folder = await createTemporaryFolder();
  await using server = await startServer({ folder: folder.path });
  writeFileSync(folder.file('other.db'), 'other');
  const exists = await backup(folder, 'other.db');
  expect([exists.code, exists.stderr]).toEqual([1, expect.stringContaining('or replace it with --force')]);
  expect(statSync(folder.file('other.db')).size).toBe(5);
  const { code, stdout } = await backup(folder, 'other.db', '--force', '--json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ file: folder.file('other.db'), events: 0, workspaces: 1 });
  const itself = await backup(folder, '.bellwire/bellwire.db', '--force');
  expect([itself.code, itself.stderr]).toEqual([1, expect.stringContaining('is a database in use')]);
  expect((await server.call('GET', '/v1/events')).status).toBe(200);
});

test.each<readonly [string, string, readonly [code: number, message: string]]>([
  ['in memory', 'file::memory:', [1, 'A database in memory cannot be backed up']],
  ['that does not exist', 'file:missing.db', [1, 'There is no database']],
  [
    'of PostgreSQL',
    'postgres://127.0.0.1/bellwire',
    [1, 'Back up PostgreSQL with its own tools, such as pg_dump'],
  ],
])('a database %s is refused, and nothing is written', async (_, url, [code, message]) => {
  await using folder = await createTemporaryFolder();
  const refused = await backup(folder, 'backup.db', '--database-url', url);
  expect([refused.code, refused.stderr]).toEqual([code, expect.stringContaining(message)]);
  expect(existsSync(folder.file('backup.db'))).toBe(false);
});

test('a damaged database is not copied', async () => {
  await using folder = await createTemporaryFolder();
  writeFileSync(folder.file('broken.db'), 'not a database, but long enough to be read as one. '.repeat(100));
  const refused = await backup(folder, 'backup.db', '--database-url', 'file:broken.db');
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('could not be backed up')]);
  expect(readdirSync(folder.path)).toEqual(['broken.db']);
});
