import { chmodSync, readdirSync, statSync } from 'node:fs';
import { expect, test } from 'vitest';
import { runBellwire, startServer } from '../support/server-process.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';

const withUmask = (umask: string): readonly string[] => ['sh', '-c', `umask ${umask}; exec "$@"`, 'sh'];

/** The modes of the files in the data folder and of the backup. */
const modesIn = (folder: TemporaryFolder): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...readdirSync(folder.file('.bellwire')).map((name) => `.bellwire/${name}`), 'backup.db'].map((name) => [
      name,
      (statSync(folder.file(name)).mode & 0o777).toString(8),
    ]),
  );

test.each(['000', '022', '777'])(
  'every file with data or keys is readable only by its owner, with the umask %s',
  async (umask) => {
    await using folder = await createTemporaryFolder();
    const under = withUmask(umask);
    // A cache of its own: the umask applies to its files too.
    const cache = { NODE_COMPILE_CACHE: folder.file('cache') };
    const env = { ...cache, BELLWIRE_API_KEY: '', BELLWIRE_INBOX: 'true', BELLWIRE_LOG_LEVEL: 'silent' };
    await using server = await startServer({ folder: folder.path, under, env });
    await server.says(/API key {3}in \S+/);
    expect((await fetch(`${server.url}/inbox/a`, { method: 'POST', body: '{}' })).status).toBe(200);
    await using backup = runBellwire({
      folder: folder.path,
      args: ['backup', 'backup.db'],
      under,
      env: cache,
    });
    expect(await backup.endsWithin(20_000)).toEqual({ code: 0, signal: null });
    server.kill('SIGTERM');
    const modes = modesIn(folder);
    expect(new Set(Object.values(modes))).toEqual(new Set(['600']));
    const names = ['', '-wal', '-shm', '-lock', '-inbox'].map((end) => `.bellwire/bellwire.db${end}`);
    for (const name of [...names, '.bellwire/keys', '.bellwire/api-key']) {
      expect(Object.keys(modes)).toContain(name);
    }
  },
);

test('a key file that others can read is refused at the start, with the command that mends it', async () => {
  await using folder = await createTemporaryFolder();
  {
    await using first = await startServer({ folder: folder.path });
    first.kill('SIGTERM');
    await first.endsWithin(20_000);
  }
  const path = folder.file('.bellwire/keys');
  for (const mode of [0o644, 0o640, 0o604, 0o660]) {
    chmodSync(path, mode);
    await using refused = runBellwire({ folder: folder.path, args: ['serve', '--port', '0'] });
    expect(await refused.endsWithin(20_000)).toEqual({ code: 1, signal: null });
    expect(refused.stderr()).toMatch(/^bellwire: [^\n]+\n$/);
    expect(refused.stderr()).toContain(`chmod 600 ${path}`);
  }
  chmodSync(path, 0o400);
  await using server = await startServer({ folder: folder.path });
  expect((await server.call('GET', '/v1/webhooks')).status).toBe(200);
});
