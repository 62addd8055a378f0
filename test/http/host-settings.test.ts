import { expect, it } from 'vitest';
import { createBellwire, readConfig } from '../../packages/server/src/index.ts';
import { startReceiver } from '../support/receiver.ts';
import { startServer } from '../support/running-server.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

it.each([
  [{ https_only: 'true' }, 'http://receiver.example.com/in', 'BELLWIRE_HTTPS_ONLY'],
  [{ refuse_hosts: '*.example.com' }, 'https://Receiver.EXAMPLE.com./in', 'BELLWIRE_REFUSE_HOSTS'],
  [{ refuse_hosts: '127.0.0.0/8' }, 'http://localhost:3000/in', 'BELLWIRE_REFUSE_HOSTS'],
  [{ allow_hosts: 'allowed.example.org' }, 'https://receiver.example.com/in', 'BELLWIRE_ALLOW_HOSTS'],
])(
  'with %o, a URL is refused when it is saved, with the setting in the message',
  async (settings, url, setting) => {
    await using server = await startServer({ settings });
    const created = await server.api('POST /v1/webhooks', { url, events: ['*'] });
    expect([created.status, created.body.error.code], created.text).toEqual([422, 'url_refused']);
    expect(created.body.error.message).toContain(setting);
    const hook = await server.addHook('https://allowed.example.org/in');
    const moved = await server.api(`PATCH /v1/webhooks/${hook.id}`, { url });
    expect([moved.status, moved.body.error.code]).toEqual([422, 'url_refused']);
  },
);

it('hooks that were stored before a setting no longer get requests, and say why', async () => {
  await using receiver = await startReceiver();
  await using folder = await createTemporaryFolder();
  const texts = {
    database_url: `file:${folder.file('kept.db')}`,
    allow_networks: '127.0.0.0/8',
    log_level: 'silent',
  };
  const before = await createBellwire(readConfig(texts));
  const hook = await before.hooks.create({ url: receiver.origin, events: ['*'] });
  await before.stop();
  for (const [setting, code] of [
    ['https_only', 'HTTPS_REQUIRED'],
    ['refuse_hosts', 'HOST_REFUSED'],
  ] as const) {
    const value = setting === 'https_only' ? 'true' : '127.0.0.1';
    const bellwire = await createBellwire(readConfig({ ...texts, [setting]: value }));
    await bellwire.start();
    const { delivery_id } = await bellwire.hooks.ping(hook.id);
    const { status, last_error } = await bellwire.deliveries.get(delivery_id);
    expect({ status, last_error }).toEqual({
      status: 'failed',
      last_error: expect.stringContaining(code) as string,
    });
    const { warnings } = await bellwire.hooks.update(hook.id, { name: setting });
    expect(warnings).toMatchObject([{ code: 'url_refused' }]);
    expect(warnings[0]!.message).toContain(`BELLWIRE_${setting.toUpperCase()}`);
    await bellwire.stop();
  }
  expect(receiver.calls).toEqual([]);
});
