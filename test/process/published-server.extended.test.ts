import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { runNode } from '../support/doc-page.ts';
import { runPnpm } from '../support/pack.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

const server = fileURLToPath(new URL('../../packages/server', import.meta.url));

/** Reads the page and one of its files from the built package. */
const READ_PAGE = `
const { createBellwire, readConfig } = await import(${JSON.stringify(`${server}/dist/index.js`)});
const bellwire = await createBellwire(readConfig({ log_level: 'silent' }));
const get = (path) => bellwire.fetch(new Request('http://127.0.0.1' + path, { headers: { accept: 'text/html' } }));
const page = await get('/');
const text = await page.text();
const script = await get(/src="([^"]+)"/.exec(text)[1]);
console.log(page.status, script.status, script.headers.get('content-type'), script.headers.get('cache-control'));
await bellwire.stop();
`;

it('the built server contains the console', async () => {
  runPnpm(['run', 'build'], { cwd: server });
  await using folder = await createTemporaryFolder();
  const { stdout, stderr } = await runNode(['--input-type=module', '--eval', READ_PAGE], {
    cwd: folder.path,
    env: {},
  });
  expect(stderr).toBe('');
  expect(stdout).toBe('200 200 text/javascript; charset=utf-8 public, max-age=31536000, immutable\n');
});
