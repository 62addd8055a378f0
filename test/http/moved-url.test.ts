import { beforeEach, describe, expect, it } from 'vitest';
import { defineDialect } from '../../packages/server/src/index.ts';
import { startReceiver } from '../support/receiver.ts';
import { keepForFile, type ServerView, startServer } from '../support/running-server.ts';

const url = 'https://old.example.com/in';
const other = 'https://other.example.com/in';
const headers = { Authorization: 'Bearer of-the-old-receiver' };

/** A dialect from the configuration whose requests contain the secret. */
const own = defineDialect({ name: 'own', header_names: { secret: 'x-key' } });

const shared = await keepForFile(startServer({ parts: { dialects: [own] } }));
let server: ServerView;
beforeEach(async () => {
  server = await shared.newWorkspace();
});

const patch = (id: string, changes: object, call = server.api) => call(`PATCH /v1/webhooks/${id}`, changes);

const expectRequired = async (id: string, changes: object, ...paths: readonly ('headers' | 'secret')[]) => {
  const before = await server.api(`GET /v1/webhooks/${id}`);
  const { status, body, text } = await patch(id, changes);
  expect([status, body.error.code], text).toEqual([422, `${paths[0]!}_required`]);
  expect(body.error.issues?.map(({ path }) => path)).toEqual(paths);
  expect((await server.api(`GET /v1/webhooks/${id}`)).text).toBe(before.text);
};

describe('header values are never sent to another origin than the one that they were given for:', () => {
  it.each([
    ['another host', other],
    ['another port', 'https://old.example.com:8443/in'],
    ['plain HTTP', 'http://old.example.com/in'],
    ['a host with a dot at its end', 'https://old.example.com./in'],
  ])('a change of the URL to %s needs them again', async (_, to) => {
    const { id } = await server.addHook(url, { headers });
    await expectRequired(id, { url: to }, 'headers');
    await expectRequired(id, { target_url: to, secret: 'a-new-secret', name: 'x', method: 'PUT' }, 'headers');
  });

  it('a change that gives or drops them is stored and audited, with both URLs and no value', async () => {
    for (const given of [{ 'X-Key': 'of the new receiver' }, {}]) {
      const { id } = await server.addHook(url, { headers });
      expect((await patch(id, { url: other, headers: given })).status).toBe(200);
      const { text, body } = await server.api(`GET /v1/audit?subject=${id}`);
      expect(body.data[0]).toMatchObject({
        action: 'hook.updated',
        before: { url, headers: { Authorization: '[secret]' } },
        after: { url: other, headers: Object.fromEntries(Object.keys(given).map((n) => [n, '[secret]'])) },
      });
      expect(text).not.toMatch(/of-the-old|of the new/);
    }
  });

  it('a change to another path, or of a hook without header values, needs nothing', async () => {
    const { id } = await server.addHook(url, { headers });
    expect((await patch(id, { url: `${url}/2?a=1`, method: 'PUT' })).status).toBe(200);
    expect((await patch(id, { url: 'https://OLD.example.com:443/3' })).status).toBe(200);
    const plain = await server.addHook(url);
    expect((await patch(plain.id, { url: other })).status).toBe(200);
  });

  it('a portal session and the RPC need them too', async () => {
    const { id } = await server.addHook(url, { headers, tenant: 'acme' });
    const { body } = await server.api('POST /v1/tenants/acme/portal-sessions');
    const { token } = body as unknown as { token: string };
    const moved = await server.api(`PATCH /v1/webhooks/${id}`, { url: other }, { key: token });
    expect([moved.status, moved.body.error.code]).toEqual([422, 'headers_required']);
    const rpc = await server.api('POST /trpc/hooks.update', { hook_id: id, url: other });
    expect(rpc.text).toContain('headers_required');
  });

  it('no request has them after a refused change, through a ping, a test, a retry, a recovery or an event', async () => {
    await using old = await startReceiver();
    await using attacker = await startReceiver();
    const hook = await server.addHook(old.origin, { headers });
    await expectRequired(hook.id, { url: attacker.origin }, 'headers');
    const { id } = await server.send();
    const [delivery] = await server.deliveries(`event_id=${id}`);
    await server.deliveryIn(delivery!.id, 'succeeded');
    await server.api(`POST /v1/deliveries/${delivery!.id}/retry`);
    for (const verb of ['ping', 'test', 'validate']) {
      await server.api(`POST /v1/webhooks/${hook.id}/${verb}`, { url: attacker.origin });
      await server.api(`POST /v1/webhooks/${hook.id}/${verb}`);
    }
    await patch(hook.id, { url: attacker.origin, headers: {} });
    expect((await server.api(`POST /v1/webhooks/${hook.id}/ping`)).body).toMatchObject({ success: true });
    await server.api(`POST /v1/deliveries/${delivery!.id}/retry`);
    await attacker.next();
    await attacker.next();
    expect(attacker.calls.map((call) => call.headers['authorization'])).toEqual([undefined, undefined]);
  });

  it('nor does a redirect carry them there', async () => {
    await using attacker = await startReceiver();
    await using old = await startReceiver(() => ({ status: 307, headers: { location: attacker.origin } }));
    const hook = await server.addHook(old.origin, { headers });
    expect((await server.api(`POST /v1/webhooks/${hook.id}/ping`)).body).toMatchObject({ success: false });
    expect(attacker.calls).toEqual([]);
  });
});

describe('a secret that requests contain is never sent to another origin:', () => {
  it.each(['casesolved', 'own'])('a change of the URL of a %s hook needs the secret', async (dialect) => {
    const fields = { dialect, secret: 'the-secret-of-the-old-receiver' };
    const { id } = await server.addHook(url, fields);
    await expectRequired(id, { url: other }, 'secret');
    for (const secret of [fields.secret, 'another-secret', ...(dialect === 'own' ? [] : [null])]) {
      const moved = await patch(id, { url: `https://${Math.random()}.example.com/`, secret });
      expect(moved.status, moved.text).toBe(200);
    }
  });

  it('with header values, it needs both', async () => {
    const { id } = await server.addHook(url, { dialect: 'casesolved', secret: 'abcdefgh', headers });
    await expectRequired(id, { url: other }, 'headers', 'secret');
    await expectRequired(id, { url: other, headers: {} }, 'secret');
    await expectRequired(id, { url: other, secret: null }, 'headers');
    expect((await patch(id, { url: other, headers: {}, secret: null })).status).toBe(200);
  });

  it('a rotation keeps that so, and a hook that has no secret or only signs needs nothing', async () => {
    const { id } = await server.addHook(url, { dialect: 'casesolved', secret: 'abcdefgh' });
    await server.api(`POST /v1/webhooks/${id}/rotate-secret`);
    await expectRequired(id, { url: other }, 'secret');
    const without = await server.addHook(url, { dialect: 'casesolved' });
    expect((await patch(without.id, { url: other })).status).toBe(200);
    const signed = await server.addHook(url, { dialect: 'github' });
    expect((await patch(signed.id, { url: other })).status).toBe(200);
  });
});
