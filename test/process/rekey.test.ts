import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import { createBellwire, readConfig } from '../../packages/server/src/index.ts';
import { runCommand } from '../support/command-line.ts';
import { readDocPage } from '../support/doc-page.ts';
import { type ReceivedCall, startReceiver } from '../support/receiver.ts';
import { createSeededRandom } from '../support/seeded-random.ts';
import { ADMIN_KEY, runBellwire, type ServerProcess, startServer } from '../support/server-process.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';

// The full form is `pnpm experiment X11`.
const HOOKS = Number(process.env['REKEY_HOOKS'] ?? 600);
const KILLS = Number(process.env['REKEY_KILLS'] ?? 3);
const SEED = Number(process.env['REKEY_SEED'] ?? Date.now() % 100_000);
/** The hooks that get events meanwhile. */
const RECEIVING = 5;
const LONGEST_WORK_MS = 60;
const EXIT_MS = 20_000;

const keyOf = (byte: number): string => Buffer.alloc(32, byte).toString('base64');
const [OLD, NEW] = [`k1:${keyOf(1)}`, `k2:${keyOf(2)}`];

const createHooks = async (folder: TemporaryFolder, origin: string): Promise<ReadonlyMap<string, string>> => {
  await using bellwire = await createBellwire(
    readConfig({
      database_url: `file:${folder.file('.bellwire/bellwire.db')}`,
      encryption_keys: OLD,
      allow_networks: '127.0.0.0/8',
      log_level: 'silent',
      sender_thread: 'false',
    }),
  );
  const secrets = new Map<string, string>();
  for (let index = 0; index < HOOKS; index += 1) {
    const { secret } = await bellwire.hooks.create({
      url: `${origin}/${index}`,
      events: [index < RECEIVING ? 'order.created' : 'never'],
      headers: { 'X-Token': `token ${index}` },
    });
    secrets.set(`/${index}`, secret ?? '');
  }
  return secrets;
};

const isGenuine = (secrets: ReadonlyMap<string, string>, { path, body, headers }: ReceivedCall): boolean => {
  try {
    new Webhook(secrets.get(path) ?? '').verify(body.toString(), headers);
    return headers['x-token'] === `token ${path.slice(1)}`;
  } catch {
    return false;
  }
};

const start = (folder: TemporaryFolder, keys: string): Promise<ServerProcess> =>
  startServer({ folder: folder.path, env: { BELLWIRE_ENCRYPTION_KEYS: keys } });

/** Sends events until the server is gone. Returns the number of accepted ones. */
const sendUntilGone = async (server: ServerProcess): Promise<number> => {
  for (let accepted = 0; ; accepted += 1) {
    try {
      const { status } = await server.call('POST', '/v1/events', {
        type: 'order.created',
        data: { accepted },
      });
      if (status !== 202) return accepted;
    } catch {
      return accepted;
    }
  }
};

const rekeyCommand = (folder: TemporaryFolder, server: ServerProcess) =>
  runBellwire({
    folder: folder.path,
    args: ['rekey', '--json'],
    env: { BELLWIRE_URL: server.url, BELLWIRE_API_KEY: ADMIN_KEY, BELLWIRE_ENCRYPTION_KEYS: OLD },
  });

test(
  `keys rotate while events are sent and the server is killed (REKEY_SEED=${SEED}): no request has a wrong signature`,
  { timeout: 60_000 + KILLS * 15_000 + HOOKS * 20 },
  async () => {
    const random = createSeededRandom(SEED);
    await using folder = await createTemporaryFolder();
    await using receiver = await startReceiver();
    const secrets = await createHooks(folder, receiver.origin);
    let killed_at_work = 0;
    for (let kill = 0; kill < KILLS; kill += 1) {
      await using server = await start(folder, `${NEW},${OLD}`);
      const sending = sendUntilGone(server);
      let after: string | null = '0:';
      const working = (async () => {
        while (after !== null) after = (await server.call('POST', '/v1/system/rekey', { after })).body.next;
      })().catch(() => (killed_at_work += 1));
      await delay(random.roll() * LONGEST_WORK_MS);
      server.kill('SIGKILL');
      await server.endsWithin(EXIT_MS);
      await working;
      expect(await sending).toBeGreaterThanOrEqual(0);
    }
    if (HOOKS > 500) expect(killed_at_work).toBeGreaterThan(0);
    {
      await using server = await start(folder, `${NEW},${OLD}`);
      const sending = sendUntilGone(server);
      // The command is killed, too: the server completes its last slice or not.
      await using killed = rekeyCommand(folder, server);
      await delay(600);
      killed.kill('SIGKILL');
      await using command = rekeyCommand(folder, server);
      expect(await command.endsWithin(EXIT_MS)).toEqual({ code: 0, signal: null });
      const { keys, unreadable } = JSON.parse(command.stdout()) as {
        readonly keys: readonly object[];
        readonly unreadable: readonly string[];
      };
      expect(unreadable).toEqual([]);
      expect(keys).toMatchObject([
        { id: 'k2', is_current: true, values: 2 * HOOKS },
        { id: 'k1', is_removable: true, values: 0 },
      ]);
      server.kill('SIGTERM');
      await server.endsWithin(EXIT_MS);
      expect(await sending).toBeGreaterThan(0);
    }
    await using without_old = await start(folder, NEW);
    const before = receiver.calls.length;
    const event = { type: 'order.created', data: { last: true } };
    expect((await without_old.call('POST', '/v1/events', event)).status).toBe(202);
    while (receiver.calls.slice(before).filter(({ body }) => body.includes('last')).length < RECEIVING) {
      await receiver.next();
    }
    expect(receiver.calls.length).toBeGreaterThan(RECEIVING);
    expect(receiver.calls.filter((call) => !isGenuine(secrets, call))).toEqual([]);
    without_old.kill('SIGTERM');
    await without_old.endsWithin(EXIT_MS);
    for (const wrong of [OLD, `k2:${keyOf(3)}`]) {
      await using refused = runBellwire({
        folder: folder.path,
        args: ['serve', '--port', '0'],
        env: { BELLWIRE_ENCRYPTION_KEYS: wrong },
      });
      expect(await refused.endsWithin(EXIT_MS)).toEqual({ code: 1, signal: null });
      expect(refused.stderr()).toContain('"k2"');
    }
  },
);

test('while no server runs, the command works on the database itself, in the key file too', async () => {
  await using folder = await createTemporaryFolder();
  await using receiver = await startReceiver();
  await createHooks(folder, receiver.origin);
  const env = { BELLWIRE_ENCRYPTION_KEYS: `${NEW},${OLD}` };
  const first = await runCommand(['rekey'], { folder: folder.path, env });
  expect(first.code).toBe(0);
  expect(first.stdout).toContain(`Encrypted ${2 * HOOKS} values again with the key k2.`);
  expect(first.stdout).toMatch(new RegExp(`^k2 +${2 * HOOKS} +yes +yes$`, 'm'));
  expect(first.stdout).toMatch(/^k1 +0 +yes +no$/m);
  expect(first.stdout).toContain('Nothing in the database needs k1 anymore. Remove it from');
  const second = await runCommand(['rekey'], { folder: folder.path, env: { BELLWIRE_ENCRYPTION_KEYS: NEW } });
  expect(second.stdout).toContain('Encrypted 0 values again with the key k2.');
  expect(second.stdout).toContain('To rotate the key, put a new one in front of it');
  const wrong = await runCommand(['rekey'], { folder: folder.path, env: { BELLWIRE_ENCRYPTION_KEYS: OLD } });
  expect([wrong.code, wrong.stdout]).toEqual([1, '']);
  expect(wrong.stderr).toContain('"k2"');
});

test('the commands of the documentation rotate the key of the key file', async () => {
  const rotate = readDocPage('docs/secrets.md')
    .blocks('sh')
    .find((block) => block.includes('rekey'))!;
  const [edit = '', command] = rotate.trim().split('\n\n');
  expect(command).toBe('bellwire rekey');
  await using folder = await createTemporaryFolder();
  const env = { BELLWIRE_ENCRYPTION_KEYS: '' };
  {
    await using server = await startServer({ folder: folder.path, env });
    const hook = { url: 'https://receiver.example.com/', events: ['*'] };
    expect((await server.call('POST', '/v1/webhooks', hook)).status).toBe(201);
  }
  execFileSync('sh', ['-c', edit], { cwd: folder.path });
  expect(readFileSync(folder.file('.bellwire/keys'), 'utf8')).toMatch(/^k2:[^,]{44},k1:[^,]{44}\n$/);
  await using server = await startServer({ folder: folder.path, env });
  const env_of_client = { BELLWIRE_URL: server.url, BELLWIRE_API_KEY: ADMIN_KEY };
  const { code, stdout } = await runCommand(['rekey'], { folder: folder.path, env: env_of_client });
  expect(code).toBe(0);
  expect(stdout).toContain('Encrypted 1 values again with the key k2.');
  expect(stdout).toContain('Nothing in the database needs k1 anymore.');
});
