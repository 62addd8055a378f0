import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { startReceiver } from '../support/receiver.ts';
import { ADMIN_KEY, startServer } from '../support/running-server.ts';

/** The ways in which a text could lie about without being encrypted. */
const spellingsOf = (secret: string): readonly string[] => {
  const raw = secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret);
  const bytes = Buffer.from(secret);
  return [
    secret,
    secret.replace(/^(whsec|bwk)_/, ''),
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    ...[raw, bytes].flatMap((buffer) => [
      buffer.toString('base64').replace(/=+$/, ''),
      buffer.toString('base64url'),
      buffer.toString('hex'),
      buffer.toString('hex').toUpperCase(),
    ]),
  ];
};

/** The origin of a receiver that has just gone. */
const nobodyListens = async (): Promise<string> => {
  await using receiver = await startReceiver();
  return receiver.origin;
};

it('no secret, API key or custom header value lies in the database or in the log, in any spelling', async () => {
  await using server = await startServer({ settings: { inbox: 'true', retry_schedule: '0,100ms' } });
  await using receiver = await startReceiver((_, nth) => ({ status: nth % 2 === 0 ? 200 : 500 }));
  const { api } = server;
  const given = `whsec_${Buffer.from('a secret that a person made up').toString('base64')}`;
  const plain = 'Geheimnis, das niemand lesen darf';
  const values = ['Basic dXNlcjpwYXNzd29yZA', 'tenant "seventeen" /+=', 'changed later: 0xCAFE'];
  const headers = { Authorization: values[0], 'X-Tenant': values[1] };

  const made = await server.addHook(`${receiver.origin}/a`, { headers });
  const own = await server.addHook(`${receiver.origin}/b`, { secret: given });
  await server.addHook(`${receiver.origin}/c`, {
    secret: plain,
    content_type: 'application/x-www-form-urlencoded',
  });
  const in_inbox = await server.addHook(`${server.origin}/inbox/first`, { headers });
  const gone = await server.addHook(await nobodyListens(), { headers });
  const key = await api('POST /v1/api-keys', { name: 'ci', scope: 'workspace' });
  const deleted = await api('POST /v1/api-keys', { name: 'deleted', scope: 'send' });

  const used = { key: key.body.api_key };
  for (const type of ['a', 'b']) await api('POST /v1/events', { type, data: { n: 1 } }, used);
  for (const { id } of [made, own, in_inbox, gone])
    await api(`POST /v1/webhooks/${id}/ping`, undefined, used);
  await api(`PATCH /v1/webhooks/${made.id}`, { headers: { 'X-New': values[2] } });
  await api(`POST /v1/webhooks/${made.id}/test`);
  // Refusals that quote what they refuse would put it into an answer or the log.
  const refusals = [
    await api('POST /v1/webhooks', {
      url: 'ftp://x',
      events: ['*'],
      secret: 'whsec_not base64 at all',
      headers,
    }),
    await api('POST /v1/webhooks', {
      url: receiver.origin,
      events: [],
      secret: plain,
      headers: { Host: values[1] },
    }),
    await api('GET /v1/events', undefined, { key: 'an-unknown-key-0815' }),
  ];
  const { body } = await api('GET /v1/deliveries?limit=100');
  for (const { id } of body.data) {
    await server.deliveryIn(id, 'succeeded', 'failed');
    await api(`POST /v1/deliveries/${id}/retry`);
    await server.deliveryIn(id, 'succeeded', 'failed');
  }
  await api(`DELETE /v1/webhooks/${gone.id}`);
  await api(`DELETE /v1/api-keys/${deleted.body.id}`);

  const secrets = [
    ...[made, own, in_inbox, gone].map(({ secret }) => secret),
    given,
    plain,
    ADMIN_KEY,
    key.body.api_key,
    deleted.body.api_key,
    ...values,
  ];
  for (const { status, text } of refusals) {
    expect(status).toBeGreaterThanOrEqual(400);
    for (const secret of [...secrets, 'not base64 at all', '0815']) expect(text).not.toContain(secret);
  }
  const places = {
    database: await readFile(server.database_path, 'latin1'),
    wal: await readFile(`${server.database_path}-wal`, 'latin1'),
    log: server.log_lines.join('\n'),
    metrics: (await api('GET /metrics')).text,
  };
  // What was sent is there, so the search can find something.
  expect(places.database + places.wal).toContain('X-Tenant');
  expect(places.database + places.wal).toContain('webhook-signature');
  for (const [place, text] of Object.entries(places)) {
    for (const secret of secrets) {
      for (const spelling of spellingsOf(secret)) {
        expect(text.includes(Buffer.from(spelling).toString('latin1')), `${spelling} in the ${place}`).toBe(
          false,
        );
      }
    }
  }
});
