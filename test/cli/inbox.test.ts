import { expect, test } from 'vitest';
import { commandLineOf, runCommand } from '../support/command-line.ts';
import { startServer } from '../support/running-server.ts';

const post = async (url: string, body: string): Promise<void> => {
  await fetch(url, { method: 'POST', headers: { 'x-tenant': 'acme' }, body });
};

test('the inbox is shown without a key: the newest last, and with --json as the server answers it', async () => {
  await using server = await startServer({ settings: { inbox: 'true' } });
  const env = { BELLWIRE_URL: server.origin };
  const inbox = (...args: readonly string[]) => runCommand(['inbox', ...args], { env });
  expect(await inbox()).toEqual({ code: 0, stdout: '', stderr: 'The inbox is empty.\n' });
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

test('--follow shows what is there, then each that comes, once', async () => {
  await using server = await startServer({ settings: { inbox: 'true' } });
  const url = `${server.origin}/inbox/first`;
  await post(url, 'one');
  await post(url, 'two');
  const unread = new AbortController();
  const bodies: string[] = [];
  const comes = Promise.withResolvers<void>();
  const ended = runCommand(['inbox', '--follow', '--json', '--url', server.origin], {
    unread: unread.signal,
    onWrite: (text) => {
      bodies.push(
        ...text
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line).body),
      );
      if (bodies.length === 2) void post(url, 'two').then(() => post(url, 'three'));
      if (bodies.length === 4) comes.resolve();
    },
  });
  await comes.promise;
  unread.abort();
  expect(await ended).toMatchObject({ code: 0, stderr: '' });
  expect(bodies).toEqual(['one', 'two', 'two', 'three']);
});

test('a server without an inbox says so with exit code 1; what is no server, with 3', async () => {
  await using server = await startServer();
  const off = await commandLineOf(server).bellwire(['inbox']);
  expect(off).toMatchObject({ code: 1, stdout: '' });
  expect(off.stderr).toMatch(/^bellwire: There is no inbox at http\S+\/inbox\/first\. .*--local/);
  const nobody = await runCommand(['inbox', '--url', 'http://127.0.0.1:1999']);
  expect(nobody).toEqual({
    code: 3,
    stdout: '',
    stderr:
      'bellwire: http://127.0.0.1:1999/inbox/first did not respond (ECONNREFUSED). Check the URL and that Bellwire is running.\n',
  });
});
