import { expect, it } from 'vitest';
import { clientTls, requiring, startFaultyReceiver, type TlsFiles } from '../support/faulty-receiver.ts';
import { replies } from '../support/receiver-behaviours.ts';
import { keepForFile, startServer } from '../support/running-server.ts';
import { openBeside, readStored } from '../support/storage.ts';

const a = clientTls('client-a');
const b = clientTls('client-b');
const given = ({ cert, key }: TlsFiles) => ({ certificate: cert.toString(), key: key.toString() });
/** The part of a key that is neither a label nor common to all keys of its kind. */
const secretOf = ({ key }: TlsFiles): string => key.toString().split('\n')[1]!.slice(-24);

const server = await keepForFile(startServer());
const { api } = server;

const create = (client_certificate: unknown) =>
  api('POST /v1/webhooks', { url: 'https://a.example.com/', events: ['*'], client_certificate });

const sendTo = async (type: string): Promise<string> => {
  const event = await server.send({ type });
  const [delivery] = await server.deliveries(`event_id=${event.id}`);
  const { attempts } = await server.deliveryIn(delivery!.id, 'succeeded', 'pending');
  return attempts.at(-1)!.outcome;
};

it('a hook presents its client certificate until another one replaces it or it is removed; no answer shows the key', async () => {
  await using receiver = await startFaultyReceiver({ '/': replies(200, '') }, { tls: requiring(a, b) });
  const url = `https://localhost:${receiver.port}/`;
  const wanted = { url, events: ['rotated'], insecure_ssl: true, client_certificate: given(a) };
  const created = await api('POST /v1/webhooks', wanted);
  const { id } = created.body;
  const shown = {
    subject: 'CN=client-a,O=Acme Inc.',
    fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
    expires_at: expect.stringMatching(/^2126-/),
  };
  expect(created.body).toMatchObject({ client_certificate: shown, warnings: [] });
  expect(await sendTo('rotated')).toBe('succeeded');

  const renamed = await api(`PATCH /v1/webhooks/${id}`, { name: 'x' });
  expect(renamed.body).toMatchObject({ client_certificate: shown });
  const changed = await api(`PATCH /v1/webhooks/${id}`, { client_certificate: given(b) });
  expect(changed.body).toMatchObject({
    client_certificate: { ...shown, subject: 'CN=client-b,O=Acme Inc.' },
  });
  expect(await sendTo('rotated')).toBe('succeeded');
  expect(receiver.client_names).toEqual(['client-a', 'client-b']);

  const removed = await api(`PATCH /v1/webhooks/${id}`, { client_certificate: null });
  expect(removed.body).toMatchObject({ client_certificate: null });
  expect(await sendTo('rotated')).toMatch(/^(tls|connection)_failed$/);

  const audit = await api(`GET /v1/audit?subject=${id}`);
  expect(audit.text).toContain('CN=client-b');
  const texts = [created, renamed, changed, removed, audit, await api('GET /v1/webhooks')].map(
    ({ text }) => text,
  );
  for (const secret of [secretOf(a), secretOf(b), 'PRIVATE KEY', 'BEGIN CERTIFICATE']) {
    for (const text of [...texts, ...server.log_lines]) expect(text).not.toContain(secret);
  }
});

it('the key is encrypted in the database for its own row, and erased with the hook', async () => {
  const url = 'https://receiver.example.com/';
  const { id } = await server.addHook(url, { client_certificate: given(a) });
  for (const bytes of Object.values(await readStored(server.database_url))) {
    expect(bytes).not.toContain(secretOf(a));
  }
  await using beside = openBeside(server.database_url);
  const column = async () => {
    const hooks = beside.db.selectFrom('bellwire_hooks').where('id', '=', id);
    return (await hooks.select('client_certificate').executeTakeFirstOrThrow()).client_certificate;
  };
  expect(await column()).toMatch(/^(?:k1|test)\|/);
  await api(`DELETE /v1/webhooks/${id}`);
  expect(await column()).toBeNull();
});

it('a wrong certificate or key is refused with the field, and is not quoted', async () => {
  const wrong = await create({ ...given(a), key: b.key.toString() });
  expect([wrong.status, wrong.body.error.issues?.[0]?.path]).toEqual([422, 'client_certificate.key']);
  const alone = await create({ certificate: a.cert.toString() });
  expect([alone.status, alone.body.error.issues?.[0]?.path]).toEqual([422, 'client_certificate.key']);
  const malformed = await create({ certificate: secretOf(a), key: secretOf(a) });
  expect(malformed.status).toBe(422);
  for (const { text } of [wrong, malformed])
    expect(text).not.toMatch(new RegExp(`${secretOf(a)}|${secretOf(b)}`));
  const unused = await server.addHook('http://127.0.0.1:1999/', { client_certificate: given(a) });
  expect(unused).toMatchObject({ warnings: [{ code: 'client_certificate_unused' }] });
});
