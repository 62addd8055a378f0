import { copyFile, mkdir } from 'node:fs/promises';
import { sql } from 'kysely';
import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import { openPostgres } from '../../packages/server/src/storage/postgres/database.ts';
import { runCommand } from '../support/command-line.ts';
import { readDocPage } from '../support/doc-page.ts';
import { postgres, startPostgres } from '../support/postgres-server.ts';
import { skipReason } from '../support/programs.ts';
import { startReceiver } from '../support/receiver.ts';
import { runBellwire, type ServerProcess, startServer } from '../support/server-process.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';

const EXIT_MS = 20_000;
const EVENT = { type: 'order.created', data: { total: 4.5 }, idempotency_key: 'order-1' };

const start = (folder: TemporaryFolder, database_url: string) =>
  startServer({ folder: folder.path, env: { BELLWIRE_DATABASE_URL: database_url } });

const stop = async (server: ServerProcess): Promise<void> => {
  server.kill('SIGTERM');
  expect(await server.endsWithin(EXIT_MS)).toEqual({ code: 0, signal: null });
};

const migrate = async (folder: TemporaryFolder, from: string, to: string): Promise<void> => {
  const args = ['migrate', '--from', from, '--to', to];
  expect(await runCommand(args, { folder: folder.path })).toMatchObject({ code: 0 });
};

/** What a customer sees: the hook with its secret, the events, and the deliveries with their attempts. */
const viewOf = async ({ call }: ServerProcess, hook_id: string) => {
  const get = async (path: string) => (await call('GET', path)).body;
  const deliveries = (await get('/v1/deliveries')).data as readonly { readonly id: string }[];
  return {
    hook: await get(`/v1/webhooks/${hook_id}`),
    secret: await get(`/v1/webhooks/${hook_id}/secret`),
    events: await get('/v1/events'),
    deliveries: await Promise.all(deliveries.map(({ id }) => get(`/v1/deliveries/${id}`))),
    keys: await get('/v1/api-keys'),
  };
};

test.skipIf('missing' in postgres)(
  `a server continues on PostgreSQL what it began on a file, and on a file again${skipReason(postgres)}`,
  { timeout: 90_000 },
  async () => {
    await using folder = await createTemporaryFolder();
    await using receiver = await startReceiver();
    await using postgresServer = await startPostgres();
    await using database = await postgresServer.createDatabase();
    const urls = ['file:.bellwire/bellwire.db', database.url, 'file:back/bellwire.db'] as const;
    let hook_id = '';
    let secret = '';
    let event_id = '';
    let before: Awaited<ReturnType<typeof viewOf>>;
    {
      await using server = await start(folder, urls[0]);
      const hook = { url: `${receiver.origin}/`, events: ['*'], headers: { 'X-Token': 'of-the-customer' } };
      ({ id: hook_id, secret } = (await server.call('POST', '/v1/webhooks', hook)).body);
      event_id = (await server.call('POST', '/v1/events', EVENT)).body.id;
      await receiver.next();
      await stop(server);
    }
    {
      await using server = await start(folder, urls[0]);
      before = await viewOf(server, hook_id);
      await stop(server);
    }
    expect(before.deliveries).toHaveLength(1);
    await migrate(folder, urls[0], urls[1]);
    await mkdir(folder.file('back'));
    await copyFile(folder.file('.bellwire/keys'), folder.file('back/keys'));
    for (const url of urls.slice(1)) {
      if (url === urls[2]) await migrate(folder, urls[1], url);
      await using server = await start(folder, url);
      const view = await viewOf(server, hook_id);
      expect(view.hook).toEqual(before.hook);
      expect(view.secret).toEqual(before.secret);
      expect(view.events.data.slice(-1)).toEqual(before.events.data);
      expect(view.deliveries.slice(-1)).toEqual(before.deliveries);
      // The same event is not accepted twice, and a new one is signed with the secret that the customer has.
      expect((await server.call('POST', '/v1/events', EVENT)).body.id).toBe(event_id);
      const calls = receiver.calls.length;
      await server.call('POST', '/v1/events', { type: 'order.created', data: { on: url } });
      while (receiver.calls.length === calls) await receiver.next();
      const { body, headers } = receiver.calls[calls]!;
      expect(new Webhook(secret).verify(body.toString(), headers)).toMatchObject({ data: { on: url } });
      expect(headers['x-token']).toBe('of-the-customer');
      await stop(server);
    }
  },
);

test.skipIf('missing' in postgres)(
  `a server whose role may not create tables exits and names the command; after it, the server starts${skipReason(postgres)}`,
  { timeout: 60_000 },
  async () => {
    await using folder = await createTemporaryFolder();
    await using postgresServer = await startPostgres();
    await using database = await postgresServer.createDatabase();
    const schema = 'webhooks';
    const owner = openPostgres(database.url, { schema });
    const role = new URL(database.url);
    role.username = 'bellwire_app';
    const env = { BELLWIRE_DATABASE_URL: role.href, BELLWIRE_DATABASE_SCHEMA: schema };
    try {
      await sql`create role bellwire_app login`.execute(owner.db);
      {
        await using refused = runBellwire({ folder: folder.path, env });
        expect(await refused.endsWithin(EXIT_MS)).toEqual({ code: 1, signal: null });
        expect(refused.stderr()).toMatch(/^bellwire: [^\n]+"bellwire db:migrate"[^\n]+\n$/);
      }
      const migrated = ['db:migrate', '--database-url', database.url, '--database-schema', schema];
      expect(await runCommand(migrated, { folder: folder.path })).toMatchObject({ code: 0 });
      const [grants = ''] = readDocPage('docs/postgres.md').blocks('sql');
      await sql.raw(grants).execute(owner.db);
      await using server = await startServer({ folder: folder.path, env });
      expect((await server.call('POST', '/v1/events', EVENT)).status).toBe(202);
      await stop(server);
    } finally {
      await owner.close();
    }
  },
);
