import { writeFileSync } from 'node:fs';
import * as server_package from '@bellwire/server';
import { expect, test } from 'vitest';
import { serverExports } from '../../packages/cli/src/frame/server-stand-in.ts';
import { runCommand } from '../support/command-line.ts';
import { startReceiver } from '../support/receiver.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

const PAGE = JSON.stringify([{ result: { data: { data: [], next_cursor: null } } }]);

/** A server that answers every list with no rows, and records the calls. */
const startEmpty = () =>
  startReceiver(() => ({ headers: { 'content-type': 'application/json' }, body: PAGE }));

test('a flag overrides the environment, which overrides the file', async () => {
  await using empty = await startEmpty();
  await using folder = await createTemporaryFolder();
  const file = { url: 'http://127.0.0.1:1', api_key: 'key-of-file', workspace: 'ws_file' };
  const variables = {
    BELLWIRE_URL: 'http://127.0.0.1:1',
    BELLWIRE_API_KEY: 'key-of-environment',
    BELLWIRE_WORKSPACE: 'ws_environment',
  };
  const write = (settings: object) =>
    writeFileSync(folder.file('bellwire.config.ts'), `export default ${JSON.stringify(settings)}`);
  const ask = async (args: readonly string[], env = {}) => {
    const { code, stderr } = await runCommand(['hooks', 'list', ...args], { env, folder: folder.path });
    expect({ code, stderr }).toEqual({ code: 0, stderr: 'No hooks.\n' });
    const { authorization, 'bellwire-workspace': workspace } = (await empty.next()).headers;
    return { authorization, workspace };
  };
  write({ ...file, url: empty.origin });
  expect(await ask([])).toEqual({ authorization: 'Bearer key-of-file', workspace: 'ws_file' });
  // The file supplies what the environment does not.
  expect(await ask([], { BELLWIRE_API_KEY: 'key-of-environment' })).toEqual({
    authorization: 'Bearer key-of-environment',
    workspace: 'ws_file',
  });
  expect(await ask(['--workspace', 'ws_flag'])).toMatchObject({ workspace: 'ws_flag' });
  const env = { ...variables, BELLWIRE_URL: empty.origin };
  expect(await ask([], env)).toEqual({
    authorization: 'Bearer key-of-environment',
    workspace: 'ws_environment',
  });
  const flags = ['--url', `${empty.origin}/`, '--api-key', 'key-of-flag', '--workspace', 'ws_flag'];
  expect(await ask(flags, variables)).toEqual({ authorization: 'Bearer key-of-flag', workspace: 'ws_flag' });
});

test('the default url is that of a server with the same settings', async () => {
  await using empty = await startEmpty();
  await using folder = await createTemporaryFolder();
  const { port } = new URL(empty.origin);
  const env = { BELLWIRE_HOST: '0.0.0.0', BELLWIRE_PORT: port, BELLWIRE_API_KEY: 'a', BELLWIRE_URL: '' };
  expect((await runCommand(['hooks', 'list'], { env })).code).toBe(0);
  writeFileSync(folder.file('bellwire.config.ts'), `export default { port: ${port}, api_key: 'a' }`);
  expect((await runCommand(['hooks', 'list'], { folder: folder.path })).code).toBe(0);
  expect(empty.calls).toHaveLength(2);
});

test('the stand-in for the server has every name that the server exports', () => {
  expect([...serverExports].toSorted()).toEqual(Object.keys(server_package).toSorted());
});

test('an invalid file is exit code 2, unless flags supply every setting', async () => {
  await using empty = await startEmpty();
  await using folder = await createTemporaryFolder();
  writeFileSync(folder.file('bellwire.config.ts'), 'export default {');
  const { code, stderr } = await runCommand(['hooks', 'list', '--api-key', 'a'], { folder: folder.path });
  expect(code).toBe(2);
  expect(stderr).toMatch(/^bellwire: bellwire\.config\.ts cannot be loaded: [^\n]+\n$/);
  const all = ['--url', empty.origin, '--api-key', 'a', '--workspace', 'ws_default'];
  expect((await runCommand(['hooks', 'list', ...all], { folder: folder.path })).code).toBe(0);
});
