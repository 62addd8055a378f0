import { expect, test } from 'vitest';
import { type BellwireError, type ClientOptions, createClient } from '@bellwire/client';
import { startReceiver } from '../support/receiver.ts';
import { ADMIN_KEY, keepForFile, startServer } from '../support/running-server.ts';
import { clientAt } from './faulty-front.ts';

const server = await keepForFile(startServer());

test('the client covers the life of a hook', async () => {
  await using receiver = await startReceiver();
  const { hooks } = clientAt(server.origin);
  const created = await hooks.create({ url: receiver.origin, events: ['order.*'], name: 'Orders' });
  expect(created).toMatchObject({ name: 'Orders', events: ['order.*'], status: 'active' });
  expect(created.secret).toMatch(/^whsec_/);

  const changed = await hooks.update(created.id, { name: 'All orders', max_attempts: 3 });
  expect(changed).toMatchObject({ id: created.id, name: 'All orders', max_attempts: 3 });
  expect({ ...(await hooks.get(created.id)), warnings: [] }).toEqual(changed);
  expect((await hooks.deactivate(created.id)).status).toBe('paused');
  expect((await hooks.activate(created.id)).status).toBe('active');

  const rotated = await hooks.rotateSecret(created.id);
  const graceless = await hooks.rotateSecret(created.id, { grace_seconds: 0 });
  expect(rotated.secret).not.toBe(created.secret);
  expect((await hooks.revealSecret(created.id)).secret).toBe(graceless.secret);

  expect(await hooks.ping(created.id)).toMatchObject({ success: true });
  expect((await receiver.next()).method).toBe('POST');
  await hooks.test(created.id, { event_type: 'order.created', data: { id: 'o_1' } });
  expect((await receiver.next()).body.toString()).toContain('o_1');

  expect(await hooks.delete(created.id)).toBeUndefined();
  await expect(hooks.get(created.id)).rejects.toMatchObject({ code: 'not_found', status: 404 });
});

test('an event is sent with the given idempotency key, or with a new one', async () => {
  await using receiver = await startReceiver();
  await server.addHook(receiver.origin, { events: ['order.own'] });
  const { events, deliveries } = clientAt(server.origin);
  const own = await events.send('order.own', { id: 'o_1' }, { idempotency_key: 'order-1' });
  const again = await events.send('order.own', { id: 'o_1' }, { idempotency_key: 'order-1' });
  expect(own).toMatchObject({ type: 'order.own', idempotency_key: 'order-1', deliveries: 1 });
  expect(again.id).toBe(own.id);

  const first = await events.send('order.created', { id: 'o_2' });
  const second = await events.send('order.created', { id: 'o_2' });
  expect(first.idempotency_key).toMatch(/^[0-9a-f]{32}$/);
  expect(second.id).not.toBe(first.id);

  expect((await events.get(own.id)).data).toEqual({ id: 'o_1' });
  const page = await deliveries.list({ event_id: own.id });
  expect(page.data).toHaveLength(1);
});

test('events are found by their metadata and by their idempotency key', async () => {
  const { events } = clientAt(server.origin);
  const metadata = { order_id: '42' };
  const sent = await events.send('found', {}, { metadata, idempotency_key: 'found-42' });
  const { results } = await events.sendBatch([{ type: 'found', data: {}, metadata: { order_id: '43' } }]);
  expect(results).toMatchObject([{ ok: true }]);
  for (const filter of [{ metadata }, { idempotency_key: 'found-42' }]) {
    expect((await events.list(filter)).data).toMatchObject([{ id: sent.id, metadata }]);
  }
  const found = [];
  for await (const event of events.list({ metadata: { order_id: '43' } })) found.push(event.type);
  expect(found).toEqual(['found']);
});

test('an admin key works in the workspace that the client names', async () => {
  const admin = clientAt(server.origin);
  const workspace = await admin.workspaces.create({ name: 'acme' });
  const acme = clientAt(server.origin, { workspace: workspace.id });
  await acme.events.send('order.acme', {});
  expect((await acme.events.list()).data).toHaveLength(1);
  expect((await admin.events.list({ type: 'order.acme' })).data).toHaveLength(0);

  const { api_key } = await acme.apiKeys.create({ name: 'sender', scope: 'send' });
  const sender = createClient({ url: server.origin, api_key });
  await sender.events.send('order.created', {});
  expect((await acme.events.list()).data).toHaveLength(2);
  await expect(sender.hooks.list()).rejects.toMatchObject({ code: 'forbidden', status: 403 });
});

test('a server in the same process can be called by its fetch, without a socket', async () => {
  const { events } = createClient({
    url: 'http://bellwire.invalid',
    api_key: ADMIN_KEY,
    fetch: async (url, init) => server.bellwire.fetch(new Request(url, init)),
  });
  const { id } = await events.send('order.created', { id: 'o_1' });
  expect((await events.get(id)).type).toBe('order.created');
});

const refusal = (options: ClientOptions): Partial<BellwireError> => {
  try {
    createClient(options);
    return {};
  } catch (error) {
    return error as BellwireError;
  }
};

test('an invalid option is refused when the client is created', () => {
  expect(refusal({ url: '127.0.0.1:4400', api_key: '' })).toMatchObject({
    code: 'invalid_input',
    issues: [{ path: 'url' }, { path: 'api_key' }],
  });
  expect(refusal({ url: 'http://127.0.0.1:4400', api_key: undefined as unknown as string })).toMatchObject({
    message: expect.stringMatching(/^api_key: must be an API key/),
  });
  for (const end of ['/v1', '/api/v1/', '/trpc', '?a=b', '#a']) {
    const url = `https://example.com/bellwire${end}`;
    expect(refusal({ url, api_key: 'key' })).toMatchObject({ issues: [{ path: 'url' }] });
  }
  expect(refusal({ url: 'https://example.com/bellwire/', api_key: 'key' })).toEqual({});
  const good = { url: 'http://127.0.0.1:4400', api_key: 'key' };
  expect(refusal({ ...good, workspace: 'a b', timeout_ms: 0.5 })).toMatchObject({
    issues: [{ path: 'workspace' }, { path: 'timeout_ms' }],
  });
});
