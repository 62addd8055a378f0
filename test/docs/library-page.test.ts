import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { symlink, writeFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { readDocPage } from '../support/doc-page.ts';
import { startReceiver } from '../support/receiver.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

const page = readDocPage('docs/library.md');
const modules = fileURLToPath(new URL('../node_modules', import.meta.url));
const tsx = new URL('../../node_modules/tsx/dist/loader.mjs', import.meta.url).href;

it('the code of the library page runs as printed, and exits when it is stopped', async () => {
  await using folder = await createTemporaryFolder();
  await using receiver = await startReceiver();
  await symlink(modules, folder.file('node_modules'));
  const [block = ''] = page.blocks('ts');
  const file = folder.file('library.mts');
  await writeFile(file, block.replace('https://your-app.com', receiver.origin));
  const { PATH = '' } = process.env;
  const child = spawn(process.execPath, ['--import', tsx, file], {
    cwd: folder.path,
    env: { PATH, BELLWIRE_ALLOW_NETWORKS: '127.0.0.0/8' },
    timeout: 20_000,
  });
  const printed = Promise.all([text(child.stdout), text(child.stderr)]);
  const ended = once(child, 'close');
  // A program that fails ends without a call, and prints the reason.
  const call = await Promise.race([receiver.next(), ended.then(() => null)]);
  child.kill('SIGTERM');
  expect([await ended, await printed]).toEqual([
    [0, null],
    [
      expect.stringMatching(/^order\.created to wh_\w+: \w+\n$/),
      // The log: the start and the stop.
      expect.stringMatching(/^\{[^\n]+"msg":"started"\}\n\{[^\n]+"msg":"stopped"\}\n$/),
    ],
  ]);
  expect(call?.path).toBe('/webhooks');
  expect(JSON.parse(String(call?.body))).toMatchObject({ data: { order: { id: 123, total: 499 } } });
});
