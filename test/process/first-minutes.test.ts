import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { expect, test } from 'vitest';
import { processesIn } from '../support/processes-in.ts';
import { hasShell } from '../support/programs.ts';
import { type BellwireProcess, runBellwire } from '../support/server-process.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

const noCurl = hasShell ? null : 'bash or curl is not installed';
if (noCurl !== null) console.log(`the printed curl is not run: ${noCurl}`);

interface InboxEntry {
  readonly signature: string;
  readonly body: string;
}

const serveLocal = (folder: string, env: Readonly<Record<string, string>> = {}): BellwireProcess =>
  runBellwire({ folder, args: ['serve', '--local', '--port', '0'], env });

const URL_LINE = /is running at (http:\/\/127\.0\.0\.1:\d+)\n/;
/** The last line of a first start. */
const CURL = /\n {2}(curl [\s\S]+?\}')\n\n/;

const inboxOf = async (url: string): Promise<readonly InboxEntry[]> => {
  const response = await fetch(`${url}/inbox/first`);
  return ((await response.json()) as { readonly data: readonly InboxEntry[] }).data;
};

const typeOf = ({ body }: InboxEntry): string => (JSON.parse(body) as { readonly type: string }).type;

const stop = async (bellwire: BellwireProcess): Promise<void> => {
  bellwire.kill('SIGINT');
  expect(await bellwire.endsWithin(10_000)).toEqual({ code: 0, signal: null });
};

test('the first start prints all that you need and sends a signed ping; the second finds its data and prints the links', async () => {
  await using folder = await createTemporaryFolder();
  {
    await using first = serveLocal(folder.path);
    await first.says(CURL);
    const output = first.stdout();
    const [, url = ''] = URL_LINE.exec(output) ?? [];
    expect(output).toMatch(/^Bellwire \d+\.\d+\.\d+ is running at http:\/\/127\.0\.0\.1:\d+\n/);
    expect(output.match(/API key {3}bw_admin_\S+/g)).toHaveLength(1);
    expect(output).toContain(`data      ${folder.file('.bellwire/bellwire.db')}`);
    expect(output).toContain(`keys      ${folder.file('.bellwire/keys')}`);
    expect(output).toContain(`inbox     ${url}/inbox/first`);
    const [, docs = ''] = /docs {6}(\S+)/.exec(output) ?? [];
    expect((await fetch(docs)).headers.get('content-type')).toContain('text/html');
    expect(statSync(folder.file('.bellwire/keys')).mode & 0o777).toBe(0o600);
    expect(statSync(folder.file('.bellwire')).mode & 0o777).toBe(0o700);
    const entries = async () =>
      (await inboxOf(url)).map((entry) => [typeOf(entry), entry.signature].join(' '));
    await expect.poll(entries, { interval: 20 }).toEqual(['ping verified']);
    await stop(first);
    expect(first.stderr()).toBe('');
  }
  const keys = readFileSync(folder.file('.bellwire/keys'), 'utf8');
  await using second = serveLocal(folder.path);
  await second.says(CURL);
  await stop(second);
  expect(second.stdout()).not.toContain('bw_admin_');
  expect(second.stdout()).toMatch(/API key {3}the one of the first start\. Is it lost\? .* BELLWIRE_API_KEY/);
  expect(second.stdout()).toMatch(/\n {2}inbox {5}http:\S+\/inbox\/first\n {2}docs {6}http:\S+\/docs /);
  expect(second.stdout()).toContain(`data      ${folder.file('.bellwire/bellwire.db')}`);
  expect(second.stderr()).toBe('');
  expect(readFileSync(folder.file('.bellwire/keys'), 'utf8')).toBe(keys);
  expect(processesIn(folder.path)).toEqual([]);
});

test.skipIf(noCurl !== null).each([
  ['with the generated key', {}],
  ['with a configured key', { BELLWIRE_API_KEY: 'a-key-of-my-own-0123456789' }],
])('the printed curl, %s, delivers a verified event to the inbox within a second', async (_, env) => {
  await using folder = await createTemporaryFolder();
  await using bellwire = serveLocal(folder.path, env);
  const [, curl = ''] = await bellwire.says(CURL);
  const [, url = ''] = URL_LINE.exec(bellwire.stdout()) ?? [];
  const { stdout, status } = spawnSync('bash', ['-c', curl], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], ...env },
  });
  expect([status, JSON.parse(stdout)]).toMatchObject([0, { type: 'order.created', deliveries: 1 }]);
  const arrived = async () => {
    const entry = (await inboxOf(url)).find((one) => typeOf(one) === 'order.created');
    return entry === undefined ? null : [entry.signature, JSON.parse(entry.body)];
  };
  await expect
    .poll(arrived, { interval: 20, timeout: 1_000 })
    .toEqual([
      'verified',
      expect.objectContaining({ type: 'order.created', data: { order: { id: 123, total: 499 } } }),
    ]);
});

const status = async (url: string, key: string): Promise<number> =>
  (await fetch(`${url}/v1/webhooks`, { headers: { authorization: `Bearer ${key}` } })).status;

test.skipIf(noCurl !== null)(
  'a server whose output is not a terminal writes its first key to a file, which the printed curl reads',
  async () => {
    await using folder = await createTemporaryFolder();
    await using first = runBellwire({ folder: folder.path, args: ['serve', '--port', '0'] });
    const [, curl = ''] = await first.says(CURL);
    const path = folder.file('.bellwire/api-key');
    const key = readFileSync(path, 'utf8').trim();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(key).toMatch(/^bw_admin_/);
    expect(first.stdout()).toContain(`API key   in ${path} `);
    for (const text of [first.stdout(), first.stderr()]) expect(text).not.toContain(key.slice(4));
    const { stdout, status: code } = spawnSync('bash', ['-c', curl], { encoding: 'utf8' });
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { type: 'order.created', deliveries: 0 }]);
    await stop(first);
  },
);

test('a local server that listens beyond this machine does not print its key either', async () => {
  await using folder = await createTemporaryFolder();
  const args = ['serve', '--local', '--host', '0.0.0.0', '--port', '0', '--inbox', 'false'];
  await using first = runBellwire({ folder: folder.path, args });
  await first.says(CURL);
  expect(first.stdout()).toContain(`API key   in ${folder.file('.bellwire/api-key')} `);
  await stop(first);
});

test('a lost key is replaced as the second start says: by a start with a new one', async () => {
  await using folder = await createTemporaryFolder();
  {
    await using first = serveLocal(folder.path);
    await first.says(CURL);
    await stop(first);
  }
  const key = 'a-new-key-of-my-own-0123456789';
  {
    await using second = serveLocal(folder.path, { BELLWIRE_API_KEY: key });
    await second.says(CURL);
    await stop(second);
  }
  await using third = serveLocal(folder.path);
  await third.says(CURL);
  const [, url = ''] = URL_LINE.exec(third.stdout()) ?? [];
  expect([await status(url, key), await status(url, 'an-unknown-key-0123456789')]).toEqual([200, 401]);
  await stop(third);
});
