import { describe, expect, it } from 'vitest';
import { ADMIN_KEY, keepForFile, startServer, until } from '../support/running-server.ts';

const server = await keepForFile(startServer());
const { api } = server;

describe('event types', () => {
  it('are put, got, listed by name and deleted', async () => {
    const type = { description: 'an order', schema: { type: 'object' }, example: { order: { id: 1 } } };
    const put = await api('PUT /v1/event-types/Site%20Plan%20Change', type);
    expect([put.status, put.body]).toMatchObject([200, { name: 'Site Plan Change', ...type }]);
    await api('PUT /v1/event-types/order.created');
    expect((await api('GET /v1/event-types/Site%20Plan%20Change')).text).toBe(put.text);
    const { body: list } = await api('GET /v1/event-types');
    expect(list.data.map(({ name }) => name)).toEqual(['Site Plan Change', 'order.created']);
    expect((await api('DELETE /v1/event-types/order.created')).status).toBe(204);
    expect((await api('GET /v1/event-types/order.created')).status).toBe(404);
    expect((await api('DELETE /v1/event-types/order.created')).status).toBe(404);
  });

  it('are replaced as a whole by another put, which takes effect at once', async () => {
    const send = () => api('POST /v1/events', { type: 'a', data: { id: 'text' } });
    const schema = { properties: { id: { type: 'integer' } } };
    await api('PUT /v1/event-types/a', { schema, description: 'first' });
    expect((await send()).status).toBe(422);
    const again = await api('PUT /v1/event-types/a', {});
    expect(again.body).toMatchObject({ schema: null, description: '' });
    expect((await send()).status).toBe(202);
  });
});

describe('workspaces', () => {
  it('are created, changed, listed and deleted; names are unique', async () => {
    const { status, body } = await api('POST /v1/workspaces', { name: 'acme', strict: true });
    expect([status, body]).toMatchObject([201, { name: 'acme', dialect: 'standard', strict: true }]);
    const { id } = body;
    expect((await api('POST /v1/workspaces', { name: 'acme' })).body.error.code).toBe('already_exists');
    expect((await api('PATCH /v1/workspaces/ws_default', { name: 'acme' })).status).toBe(409);
    const changed = await api(`PATCH /v1/workspaces/${id}`, { strict: false, name: 'acme 2' });
    expect(changed.body).toMatchObject({ name: 'acme 2', strict: false });
    expect((await api(`GET /v1/workspaces/${id}`)).text).toBe(changed.text);
    const { body: list } = await api('GET /v1/workspaces');
    expect(list.data.map(({ name }) => name).toSorted()).toEqual(['acme 2', 'default']);
    expect((await api(`DELETE /v1/workspaces/${id}`)).status).toBe(202);
    expect((await api(`GET /v1/workspaces/${id}`)).status).toBe(404);
    expect((await api('PATCH /v1/workspaces/ws_unknown', { name: 'x' })).status).toBe(404);
  });

  it('can be deleted only without hooks, events and keys', async () => {
    const { id } = (await api('POST /v1/workspaces', { name: 'busy' })).body;
    const named = { headers: { 'bellwire-workspace': id } };
    const expectInUse = async () => {
      const { status, body } = await api(`DELETE /v1/workspaces/${id}`);
      expect([status, body.error.code]).toEqual([409, 'in_use']);
    };
    const hook = await server.addHook('https://receiver.example.com/', { headers: { 'X-A': '1' } }, named);
    await expectInUse();
    expect((await api(`DELETE /v1/webhooks/${hook.id}`, undefined, named)).status).toBe(204);
    const key = await api('POST /v1/api-keys', { name: 'k' }, named);
    await expectInUse();
    expect((await api(`DELETE /v1/api-keys/${key.body.id}`)).status).toBe(204);
    await api('PUT /v1/event-types/a', {}, named);
    expect((await api(`DELETE /v1/workspaces/${id}`)).status).toBe(202);

    const other = (await api('POST /v1/workspaces', { name: 'busy' })).body.id;
    await api('POST /v1/events', { type: 'a', data: {} }, { headers: { 'bellwire-workspace': other } });
    expect((await api(`DELETE /v1/workspaces/${other}`)).body.error.code).toBe('in_use');
    const named_other = { headers: { 'bellwire-workspace': other } };
    const { api_key } = (await api('POST /v1/api-keys', { name: 'of other' }, named_other)).body;
    const withKey = async () => (await api('GET /v1/events', undefined, { key: api_key })).status;
    expect(await withKey()).toBe(200);
    const { body } = await api(`DELETE /v1/workspaces/${other}?force=true`);
    expect(await withKey()).toBe(401);
    expect((await api(`GET /v1/workspaces/${other}`)).status).toBe(404);
    const gone = await api('GET /v1/events', undefined, { headers: { 'bellwire-workspace': other } });
    expect(gone.status).toBe(404);
    const erased = async () => (await api(`GET /v1/erasures/${body.id}`)).body;
    const completed = await until(erased, ({ status }) => status === 'completed');
    expect(completed).toMatchObject({ workspace_id: other, deleted: { events: 1 } });
    expect((await api('DELETE /v1/workspaces/ws_default?force=true')).status).toBe(409);
  });

  it('include a default one that cannot be deleted, even when it is empty', async () => {
    await using empty = await startServer();
    const { status, body } = await empty.api('DELETE /v1/workspaces/ws_default');
    expect([status, body.error.code]).toEqual([409, 'in_use']);
    expect((await empty.send()).deliveries).toBe(0);
  });
});

describe('API keys', () => {
  it('are shown once, listed by a hint, and invalid as soon as they are deleted', async () => {
    const { status, body } = await api('POST /v1/api-keys', { name: 'ci', scope: 'send' });
    const { id, api_key } = body;
    expect(status).toBe(201);
    expect(api_key).toMatch(/^bw_send_[0-9a-z]{26}_[0-9A-Za-z]{43}_[0-9a-f]{8}$/);
    const list = await api('GET /v1/api-keys');
    expect(list.body.data).toHaveLength(2);
    expect(list.body.data).toContainEqual(
      expect.objectContaining({ id, name: 'ci', scope: 'send', workspace_id: 'ws_default' }),
    );
    expect(list.text).not.toContain(api_key);
    expect(list.text).not.toContain(ADMIN_KEY);
    expect(list.text).not.toMatch(/hash/);
    const send = () => api('POST /v1/events', { type: 'a', data: {} }, { key: api_key });
    expect((await send()).status).toBe(202);
    expect((await api(`DELETE /v1/api-keys/${id}`)).status).toBe(204);
    expect((await send()).status).toBe(401);
    expect((await api(`DELETE /v1/api-keys/${id}`)).status).toBe(404);
  });

  it('do not reveal a short key by its hint', async () => {
    await using other = await startServer({ settings: { api_key: 'correct-horse-16' } });
    const { text, body } = await other.api('GET /v1/api-keys', undefined, { key: 'correct-horse-16' });
    expect(body.data).toHaveLength(1);
    expect(text).toContain('"hint":"…16"');
    expect(text).not.toContain('correct');
  });

  it('cannot delete themselves; another admin key can delete the first', async () => {
    await using other = await startServer();
    const first = (await other.api('GET /v1/api-keys')).body.data[0]!.id;
    expect((await other.api(`DELETE /v1/api-keys/${first}`)).body.error.code).toBe('in_use');
    const second = await other.api('POST /v1/api-keys', { name: 'second', scope: 'admin' });
    const { status } = await other.api(`DELETE /v1/api-keys/${first}`, undefined, {
      key: second.body.api_key,
    });
    expect(status).toBe(204);
    expect((await other.api('GET /v1/api-keys')).status).toBe(401);
  });
});
