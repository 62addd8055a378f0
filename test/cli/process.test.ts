import { createServer } from 'node:http';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { portOf } from '../support/port-of.ts';
import { ADMIN_KEY, startServer } from '../support/running-server.ts';
import { type BellwireOptions, runBellwire } from '../support/server-process.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

const runProcess = async (options: BellwireOptions) => {
  await using bellwire = runBellwire(options);
  const { code } = await bellwire.endsWithin(20_000);
  return { code, stdout: bellwire.stdout(), stderr: bellwire.stderr() };
};

/** Runs a command in a bash script, as `"$@"`. */
const bash = (script: string): readonly string[] => ['bash', '-c', script, 'bash'];

/** Ends the process when it loads the server. */
const WITHOUT_SERVER = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module';
  registerHooks({
    resolve: (specifier, context, next) => {
      const found = next(specifier, context);
      if (/packages.server|better-sqlite3/.test(found.url)) process.exit(99);
      return found;
    },
  });
`)}`;

/** Contains the key, and imports the server. */
const CONFIG = `
import { defineDialect, github } from '@bellwire/server';
import * as server from '@bellwire/server';

await server.createBellwire();
const own = defineDialect({ ...github, name: \`\${github.name}-\${server.VERSION}\` });
export default { api_key: '${ADMIN_KEY}', dialects: [own], retention: '1d' };
`;

test('client commands run in a real process, and none loads the server', async () => {
  await using server = await startServer();
  await server.addHook('http://127.0.0.1:1999/', { active: false });
  const env = { BELLWIRE_URL: server.origin };
  const node_args = ['--import', WITHOUT_SERVER];
  const start = (args: readonly string[], more: Partial<BellwireOptions> = {}) =>
    runProcess({ folder: server.folder, args, env, node_args, ...more });
  writeFileSync(`${server.folder}/bellwire.config.ts`, CONFIG);
  const [listed, sent, missing, wrong, help, serve] = await Promise.all([
    start(['hooks', 'list', '--json']),
    start(['trigger', 'a.b', '--data', '-', '--json'], { under: bash(`echo '{"id": 7}' | "$@"`) }),
    start(['hooks', 'get', 'wh_none']),
    start(['hooks', 'list', '--limit', 'x']),
    start(['--help']),
    start(['serve', '--help']),
  ]);
  expect({ ...listed, stdout: JSON.parse(listed.stdout) }).toEqual({
    code: 0,
    stdout: (await server.api('GET /v1/webhooks')).body,
    stderr: '',
  });
  expect(sent).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(sent.stdout)).toMatchObject({ type: 'a.b', deliveries: 1 });
  expect(missing).toMatchObject({ code: 1, stdout: '' });
  expect(wrong).toMatchObject({ code: 2, stdout: '' });
  expect(help).toMatchObject({ code: 0, stderr: '' });
  expect(serve.code).toBe(99);
});

test('serve --help lists its flags, and serve ignores the variables of client commands', async () => {
  await using folder = await createTemporaryFolder();
  const help = await runProcess({ folder: folder.path, args: ['serve', '--help'] });
  expect(help).toMatchObject({ code: 0, stderr: '' });
  expect(help.stdout).toMatch(/^Usage: bellwire serve \[options\]\n[\s\S]+--database-url/);
  const text = help.stdout.replaceAll(/\s+/g, ' ');
  expect(text).toContain(
    '--port [value] Port to listen on; `0` chooses a free one. (BELLWIRE_PORT; default: 4400)',
  );
  expect(text).toContain('(BELLWIRE_API_KEY)');
  writeFileSync(folder.file('bellwire.config.ts'), `export default { url: 'http://x', workspace: 'ws_1' }`);
  await using serving = runBellwire({
    folder: folder.path,
    args: ['serve', '--port', '0'],
    env: { BELLWIRE_URL: 'http://127.0.0.1:1', BELLWIRE_WORKSPACE: 'ws_1' },
  });
  await serving.says(/is running at/);
});

test('a reader that closes the pipe is not an error, and ends a command that follows', async () => {
  await using folder = await createTemporaryFolder();
  await using server = await startServer({ settings: { inbox: 'true' } });
  const env = { BELLWIRE_URL: server.origin, BELLWIRE_API_KEY: ADMIN_KEY };
  const until_head = bash('"$@" | head -c 1; exit "${PIPESTATUS[0]}"');
  const post = () => fetch(`${server.origin}/inbox/first`, { method: 'POST', body: 'x'.repeat(8_000) });
  for (let sent = 0; sent < 40; sent += 1) await post();
  const start = (args: readonly string[]) =>
    runProcess({ folder: folder.path, args, env, node_args: [], under: until_head });
  const [shown, followed] = await Promise.all([start(['inbox']), start(['inbox', '--follow', '--json'])]);
  expect(shown).toMatchObject({ code: 0, stderr: '' });
  expect(followed).toMatchObject({ code: 0, stderr: '' });
});

test('an answer that cannot be written is exit code 1', async () => {
  await using folder = await createTemporaryFolder();
  const under = bash('"$@" > /dev/full');
  expect(await runProcess({ folder: folder.path, args: ['--help'], under, node_args: [] })).toEqual({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/^bellwire: .* cannot be written \(ENOSPC\)\.\n$/),
  });
});

test('no output contains the API key, even after a failure', async () => {
  await using folder = await createTemporaryFolder();
  await using broken = createServer((request) => void request.socket.destroy());
  broken.listen(0, '127.0.0.1');
  await once(broken, 'listening');
  const env = { BELLWIRE_URL: `http://127.0.0.1:${portOf(broken)}`, BELLWIRE_API_KEY: ADMIN_KEY };
  const { code, stdout, stderr } = await runProcess({ folder: folder.path, args: ['keys', 'list'], env });
  expect(code).toBe(3);
  expect(stdout + stderr).not.toContain(ADMIN_KEY);
});
