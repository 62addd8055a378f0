import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { BuiltConsole } from '../../packages/server/src/built-console.ts';
import { keepForFile, startServer } from '../support/running-server.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

const server = await keepForFile(startServer());
const page = { accept: 'text/html' };

const get = (path: `/${string}`, headers: Readonly<Record<string, string>> = page) =>
  server.api(`GET ${path}`, undefined, { key: null, headers });

it('every address of the console has the same page, which allows no inline code and no frame', async () => {
  for (const path of ['/', '/deliveries/dlv_1?status=failed', '/w/ws_1/webhooks', '/signin'] as const) {
    const { status, headers } = await get(path);
    // 503 while it has not been built: a page that says so, and loads again by itself.
    expect([200, 503]).toContain(status);
    expect(String(headers['content-type'])).toMatch(/^text\/html/);
    expect(headers['content-security-policy']).toContain("script-src 'self'");
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(headers['content-security-policy']).toContain("trusted-types 'none'");
  }
});

it('the addresses of the API stay those of the API, for a browser too', async () => {
  for (const path of [
    '/v1/nowhere',
    '/api/v1/nowhere',
    '/trpc/nowhere',
    '/inbox/x',
    '/assets/nowhere.js',
  ] as const) {
    const { status, headers } = await get(path);
    expect([path, status >= 400, String(headers['content-type'])]).toEqual([path, true, 'application/json']);
  }
});

it('a program that asks for the root is sent to the documentation', async () => {
  const { status, headers } = await get('/', { accept: '*/*' });
  expect([status, headers['location']]).toEqual([302, '/docs']);
});

it('files are served from memory: compressed as the browser accepts, with their type, and nothing beside them', async () => {
  await using folder = await createTemporaryFolder();
  const dist = folder.file('dist');
  const build = async (text: string): Promise<void> => {
    await mkdir(folder.file('next/assets'), { recursive: true });
    await writeFile(folder.file('next/index.html'), text);
    await writeFile(folder.file('next/index.html.gz'), gzipSync(text));
    await writeFile(folder.file('next/assets/a.js'), 'code');
    await writeFile(folder.file('next/.stamp'), text);
    await rm(dist, { recursive: true, force: true });
    await rename(folder.file('next'), dist);
  };
  const files = new BuiltConsole(dist);
  expect(files.index()).toBeNull();
  await build('one');
  const first = files.index()!;
  expect(Buffer.from(first.raw).toString()).toBe('one');
  expect(gunzipSync(first.gz!).toString()).toBe('one');
  expect(first.br).toBeNull();
  expect(files.get('/assets/a.js')?.type).toBe('text/javascript; charset=utf-8');
  for (const path of ['/assets/../.stamp', '/.stamp', '/assets/a.js.gz', '/../secret', '/assets/']) {
    expect(files.get(path)).toBeNull();
  }
  await build('two');
  // The page that a browser has still loads its files: they are replaced together, with the next visit.
  expect(Buffer.from(files.get('/index.html')!.raw).toString()).toBe('one');
  expect(Buffer.from(files.index()!.raw).toString()).toBe('two');
  expect(files.index()!.etag).not.toBe(first.etag);
});
