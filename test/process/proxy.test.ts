import { expect, it } from 'vitest';
import { startProxy } from '../support/forward-proxy.ts';
import { startReceiver } from '../support/receiver.ts';
import { startServer } from '../support/server-process.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

it('a server with BELLWIRE_PROXY sends through it, says what that means, and shows its password nowhere', async () => {
  await using folder = await createTemporaryFolder();
  await using receiver = await startReceiver();
  await using proxy = await startProxy();
  await using server = await startServer({
    folder: folder.path,
    env: {
      BELLWIRE_PROXY: `http://sender:hunter2@${proxy.authority}`,
      // The proxy resolves the name again; this server must not ask the machine's DNS server in a test.
      BELLWIRE_STATIC_HOSTS: 'receiver.example.com=127.0.0.1',
      BELLWIRE_LOG_LEVEL: 'debug',
    },
  });
  const url = receiver.origin.replace('127.0.0.1', 'receiver.example.com');
  await server.call('POST', '/v1/webhooks', { url, events: ['*'] });
  await server.call('POST', '/v1/events', { type: 'a', data: {} });
  await server.says(/an attempt succeeded/, 'stderr');
  expect(proxy.requests).toHaveLength(1);
  const { body } = await server.call('GET', '/v1/system');
  const setting = body.settings.find(({ name }: { readonly name: string }) => name === 'proxy');
  expect(setting).toMatchObject({ value: `http://[secret]@${proxy.authority}`, is_set: true });
  expect(server.stderr()).toContain('which resolves host names itself');
  for (const text of [server.stderr(), server.stdout(), JSON.stringify(body)]) {
    expect(text).not.toMatch(/hunter2|c2VuZGVyOmh1bnRlcjI/);
  }
}, 30_000);
