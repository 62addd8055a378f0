import { expect, test } from 'vitest';
import { commandLineOf, runCommand } from '../support/command-line.ts';
import { keepForFile, startServer } from '../support/running-server.ts';

const server = await keepForFile(startServer({ settings: { inbox: 'true' } }));

const post = async (url: string, body: string): Promise<void> => {
  await fetch(url, { method: 'POST', headers: { 'x-tenant': 'acme' }, body });
};

test('the inbox is shown without a key: the newest last; with --json as the server answers it', async () => {
  const env = { BELLWIRE_URL: server.origin };
  const inbox = (...args: readonly string[]) => runCommand(['inbox', ...args], { env });
  expect(await inbox()).toEqual({ code: 0, stdout: '', stderr: expect.stringMatching(/^[^\n]+\n$/) });
  await server.addHook(`${server.origin}/inbox/orders`);
  const { json } = commandLineOf(server);
  const { id } = await json('events', 'send', 'order.created', '--data', '{"id": 1}');
  await commandLineOf(server).bellwire(['deliveries', 'watch', '--event', id]);
  await post(`${server.origin}/inbox/orders`, '{"id": 2}\u001b[2J');

  const { data } = JSON.parse((await inbox('orders', '--json')).stdout);
  expect(data).toEqual((await server.api('GET /inbox/orders')).body.data);
  expect(data).toHaveLength(2);
  const shown = (await inbox('orders')).stdout;
  expect(shown).toMatch(
    /^\S+Z {2}verified {2}POST\n\{"type":"order\.created".*\}\n\n\S+Z {2}refused {2}POST\n\{"id": 2\}\\u001b\[2J\n$/,
  );
  expect((await inbox('orders', '--headers')).stdout).toContain('\nx-tenant: acme\n');
});

test('--follow shows the existing requests, then each new one, once', async () => {
  const url = `${server.origin}/inbox/first`;
  await post(url, 'one');
  await post(url, 'two');
  const unread = new AbortController();
  const bodies: string[] = [];
  const complete = Promise.withResolvers<void>();
  const ended = runCommand(['inbox', '--follow', '--json', '--url', server.origin], {
    unread: unread.signal,
    onWrite: (text) => {
      for (const line of text.trimEnd().split('\n')) bodies.push(JSON.parse(line).body);
      if (bodies.length === 2) void post(url, 'two').then(() => post(url, 'three'));
      if (bodies.length === 4) complete.resolve();
    },
  });
  await complete.promise;
  unread.abort();
  expect(await ended).toMatchObject({ code: 0, stderr: '' });
  expect(bodies).toEqual(['one', 'two', 'two', 'three']);
});

test('a server without an inbox is exit code 1; no server is exit code 3', async () => {
  await using without = await startServer();
  const off = await commandLineOf(without).bellwire(['inbox']);
  expect(off).toMatchObject({ code: 1, stdout: '' });
  expect(off.stderr).toMatch(/^bellwire: There is no inbox at http\S+\/inbox\/first\. .*--local/);
  const closed = await runCommand(['inbox', '--url', 'http://127.0.0.1:1999']);
  expect(closed).toMatchObject({ code: 3, stdout: '' });
  expect(closed.stderr).toMatch(/^bellwire: http:\S+:1999\/inbox\/first .*\(ECONNREFUSED\)\. .*\n$/);
});
