import { readFile, stat } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { startCountingReceiver } from '../support/counting-receiver.ts';
import { createHooks, lostOf, overlappingHooks, typesOf, untilDrained } from '../support/deliveries.ts';
import { startEventLoad } from '../support/event-load.ts';
import { ownPostgres, type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { skipReason } from '../support/programs.ts';
import { runBellwire, type ServerProcess, startServer } from '../support/server-process.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';
import { TEST_KEY_RING } from '../support/test-store.ts';

const EXIT_MS = 20_000;
const subscriptions = overlappingHooks(8);
const types = typesOf(subscriptions);
const reason = skipReason(ownPostgres);
const pause = (ms: number) => new Promise((resolve) => void setTimeout(resolve, ms));

const optionsFor = (folder: string, url: string) => ({
  folder,
  env: { BELLWIRE_DATABASE_URL: url, BELLWIRE_RETRY_SCHEDULE: '0,1s,1s,1s,2s,2s' },
});

test.skipIf('missing' in ownPostgres)(
  `a server on PostgreSQL that is killed, and whose database is killed, loses no acknowledged event${reason}`,
  { timeout: 180_000 },
  async () => {
    await using folder = await createTemporaryFolder();
    await using postgres = await startPostgres({ fsync: true });
    await using database = await postgres.createDatabase();
    const options = optionsFor(folder.path, database.url);
    // Too few failures for a breaker.
    let requests = 0;
    await using receiver = await startCountingReceiver(() => {
      requests += 1;
      return { status: requests % 10 === 0 ? 500 : 200 };
    });
    let server: ServerProcess | null = null;
    await using load = startEventLoad({ url: () => server?.url ?? null, per_second: 100, types });
    {
      await using first = await startServer(options);
      await createHooks(first, receiver, subscriptions);
      server = first;
      await pause(2_000);
      first.kill('SIGKILL');
      await first.endsWithin(EXIT_MS);
      server = null;
    }
    await using second = await startServer(options);
    server = second;
    await pause(1_000);
    await postgres.kill();
    for (const call of ['GET /v1/webhooks', 'POST /v1/webhooks', 'POST /v1/events']) {
      const [method = '', path = ''] = call.split(' ');
      const body =
        method === 'GET'
          ? undefined
          : path.endsWith('events')
            ? { type: 'order.created', data: {} }
            : { url: receiver.urlOf('new'), events: ['*'] };
      expect(await second.call(method, path, body), call).toMatchObject({
        status: 503,
        body: { error: { code: 'storage_failed' } },
      });
    }
    await postgres.start();
    const recovered_at = load.acked.length;
    await expect.poll(() => load.acked.length, { timeout: 20_000 }).toBeGreaterThan(recovered_at + 50);
    await load.stop();
    await untilDrained(second);
    expect(lostOf(load.acked, receiver, subscriptions)).toEqual([]);
    expect(receiver.receptions.some(({ status }) => status === 500)).toBe(true);
    second.kill('SIGTERM');
    expect(await second.endsWithin(EXIT_MS)).toEqual({ code: 0, signal: null });
  },
);

/** The message of a server that does not start with this database. */
const messageFor = async (url: string, folder: string): Promise<string> => {
  await using bellwire = runBellwire({ ...optionsFor(folder, url), args: ['serve', '--port', '0'] });
  const { code } = await bellwire.endsWithin(EXIT_MS);
  expect(code).toBe(1);
  return bellwire.stderr();
};

const renamed = (postgres: PostgresServer, change: (url: URL) => void): string => {
  const url = new URL(postgres.urlOf('postgres'));
  change(url);
  return url.href;
};

test.skipIf('missing' in ownPostgres)(
  `a server that cannot use its database names the reason and the remedy, and no password${reason}`,
  { timeout: 120_000 },
  async () => {
    await using folder = await createTemporaryFolder();
    await using postgres = await startPostgres({ settings: { synchronous_commit: 'off' } });
    const unreachable = renamed(postgres, (url) => {
      url.port = '1';
      url.password = 'a-password-in-a-url';
    });
    const refused = await messageFor(unreachable, folder.path);
    expect(refused).toMatch(
      /The database postgres:\/\/127\.0\.0\.1:1\/postgres cannot be opened .*ECONNREFUSED/,
    );
    expect(refused).not.toContain('a-password-in-a-url');
    expect(await messageFor(postgres.urlOf('nothing'), folder.path)).toMatch(/no such database.*createdb/is);
    expect(await messageFor(postgres.urlOf('postgres'), folder.path)).toMatch(/synchronous_commit=off/);
  },
);

test.skipIf('missing' in ownPostgres)(
  `with configured encryption keys, the first API key is in a new folder of its owner${reason}`,
  { timeout: 60_000 },
  async () => {
    await using folder = await createTemporaryFolder();
    await using postgres = await startPostgres();
    await using database = await postgres.createDatabase();
    await using server = runBellwire({
      folder: folder.path,
      args: ['serve', '--port', '0'],
      env: { BELLWIRE_DATABASE_URL: database.url, BELLWIRE_ENCRYPTION_KEYS: TEST_KEY_RING },
    });
    await server.says(/in \S+api-key /);
    expect((await readFile(folder.file('.bellwire/api-key'), 'utf8')).trim()).toMatch(/^bw_/);
    expect((await stat(folder.file('.bellwire'))).mode & 0o777).toBe(0o700);
  },
);

test.skipIf('missing' in ownPostgres)(
  `a database server that a power failure can damage is named in the log${reason}`,
  { timeout: 60_000 },
  async () => {
    await using folder = await createTemporaryFolder();
    await using postgres = await startPostgres();
    await using database = await postgres.createDatabase();
    await using server = await startServer({
      folder: folder.path,
      env: { BELLWIRE_DATABASE_URL: database.url, BELLWIRE_LOG_LEVEL: 'warn' },
    });
    await server.says(/data +postgres:\/\/127\.0\.0\.1:\d+\/bellwire_test_/);
    await server.says(/[^_]fsync=off/, 'stderr');
    await server.says(/full_page_writes=off/, 'stderr');
  },
);
