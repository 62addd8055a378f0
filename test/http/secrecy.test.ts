import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { backUpDatabase } from '../../packages/server/src/storage/backup.ts';
import { openPortal } from '../support/portal.ts';
import { startReceiver } from '../support/receiver.ts';
import { ADMIN_KEY, type RunningServer, startServer } from '../support/running-server.ts';
import { readStored, storage } from '../support/storage.ts';

/** The forms in which a text could be stored without encryption. */
const spellingsOf = (secret: string): readonly string[] => {
  const raw = secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret);
  return [
    secret,
    secret.replace(/^whsec_/, ''),
    // Of an API key, only the part that is random.
    secret.split('_')[3] ?? secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    ...[raw, Buffer.from(secret)].flatMap((buffer) => [
      buffer.toString('base64').replace(/=+$/, ''),
      buffer.toString('base64url'),
      buffer.toString('hex'),
      buffer.toString('hex').toUpperCase(),
    ]),
  ];
};

const BODY = 'a text of an event that is not for the log';
const RESPONSE = 'a response that is not for the log';

/** The origin of a receiver that no longer runs. */
const closedOrigin = async (): Promise<string> => {
  await using receiver = await startReceiver();
  return receiver.origin;
};

const backUp = async ({ database_path }: RunningServer) => {
  const file = `${database_path}.backup`;
  backUpDatabase({ database_url: `file:${database_path}`, file, force: false });
  return { backup: await readFile(file, 'latin1') };
};

it('the database, its backup, the inbox file, the log and the metrics contain no secret, API key or custom header value in any spelling, and the log no body', async () => {
  await using server = await startServer({ settings: { inbox: 'true', retry_schedule: '0,100ms' } });
  await using receiver = await startReceiver((_, nth) => ({
    status: nth % 2 === 0 ? 200 : 500,
    body: RESPONSE,
  }));
  const { api, addHook } = server;
  const own_secret = `whsec_${Buffer.from('a secret that a person chose').toString('base64')}`;
  const plain = 'Geheimnis, das niemand lesen darf';
  const values = ['Basic dXNlcjpwYXNzd29yZA', 'tenant "seventeen" /+=', 'changed later: 0xCAFE'];
  const headers = { Authorization: values[0], 'X-Tenant': values[1] };

  const hooks = [
    await addHook(`${receiver.origin}/a`, { headers }),
    await addHook(await closedOrigin(), { headers }),
    await addHook(`${receiver.origin}/b`, { secret: own_secret }),
    await addHook(`${server.origin}/inbox/first`, { headers }),
  ];
  const form = { secret: plain, content_type: 'application/x-www-form-urlencoded' };
  await addHook(`${receiver.origin}/c`, form);
  const key = await api('POST /v1/api-keys', { name: 'ci', scope: 'workspace' });
  const deleted = await api('POST /v1/api-keys', { name: 'deleted', scope: 'send' });

  const portal = await openPortal(api, 'cus_1');
  const from_page = { key: null, headers: { origin: server.origin } };
  const signed_in = await api('POST /session', { api_key: key.body.api_key }, from_page);
  const session = String(signed_in.headers['set-cookie']).split(/[=;]/)[1]!;

  const used = { key: key.body.api_key };
  for (const type of ['a', 'b']) await api('POST /v1/events', { type, data: { text: BODY } }, used);
  for (const { id } of hooks) await api(`POST /v1/webhooks/${id}/ping`, undefined, used);
  await api(`PATCH /v1/webhooks/${hooks[0]!.id}`, { headers: { 'X-New': values[2] } });
  await api(`POST /v1/webhooks/${hooks[0]!.id}/test`);
  // Refusals that quote the refused value would put it into an answer or the log.
  const bad_secret = { url: 'ftp://x', events: ['*'], secret: 'whsec_not base64 at all', headers };
  const bad_header = { url: receiver.origin, events: [], secret: plain, headers: { Host: values[1] } };
  const refusals = [
    await api('POST /v1/webhooks', bad_secret),
    await api('POST /v1/webhooks', bad_header),
    await api('GET /v1/events', undefined, { key: 'an-unknown-key-0815' }),
    await api('GET /v1/events', undefined, { key: `${deleted.body.api_key}0` }),
    await api('POST /session', { api_key: `${key.body.api_key}0` }, { key: null }),
  ];
  for (const { id } of await server.deliveries('limit=100')) {
    await server.deliveryIn(id, 'succeeded', 'failed');
    await api(`POST /v1/deliveries/${id}/retry`);
    await server.deliveryIn(id, 'succeeded', 'failed');
  }
  await api(`DELETE /v1/webhooks/${hooks[1]!.id}`);
  await api(`DELETE /v1/api-keys/${deleted.body.id}`);

  const keys = [ADMIN_KEY, key.body.api_key, deleted.body.api_key, portal, session];
  const secrets = [...hooks.map(({ secret }) => secret), own_secret, plain, ...keys, ...values];
  for (const { status, text } of refusals) {
    expect(status).toBeGreaterThanOrEqual(400);
    for (const secret of [...secrets, 'not base64 at all', '0815']) expect(text).not.toContain(secret);
  }
  const stored = await readStored(server.database_url);
  const texts = {
    ...stored,
    ...(storage === 'SQLite' ? await backUp(server) : {}),
    inbox: await readFile(server.inbox_path, 'latin1'),
    log: server.log_lines.join('\n'),
    metrics: (await api('GET /metrics')).text,
  };
  // The requests are stored, so the search can find something.
  expect(Object.values(stored).join('')).toContain('X-Tenant');
  expect(Object.values(stored).join('')).toContain('webhook-signature');
  // Every attempt has a line.
  expect(texts.log).toContain('an attempt failed');
  expect(texts.log).toContain('an attempt succeeded');
  for (const text of [BODY, RESPONSE, new URL(receiver.origin).host]) expect(texts.log).not.toContain(text);
  for (const [place, text] of Object.entries(texts)) {
    for (const spelling of secrets.flatMap(spellingsOf)) {
      const is_there = text.includes(Buffer.from(spelling).toString('latin1'));
      expect(is_there, `${spelling} in the ${place}`).toBe(false);
    }
  }
});
