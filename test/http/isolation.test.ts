import { expect, it } from 'vitest';
import { keepForFile, startServer } from '../support/running-server.ts';
import { procedures } from '../support/two-surfaces.ts';

const server = await keepForFile(startServer());
const { api } = server;

/** A workspace with its own key, a paused hook, an event type and an event that is held for the hook. */
const addTenant = async (name: string) => {
  const workspace_id = (await api('POST /v1/workspaces', { name })).body.id;
  const named = { headers: { 'bellwire-workspace': workspace_id } };
  const { api_key: key } = (await api('POST /v1/api-keys', { name }, named)).body;
  const hook = await server.addHook('https://receiver.example.com/', { active: false }, { key });
  await api(`PUT /v1/event-types/${name}.only`, {}, { key });
  const event = await api('POST /v1/events', { type: 'a', data: { of: name } }, { key });
  const { body } = await api('GET /v1/deliveries', undefined, { key });
  const since = new Date(0).toISOString();
  const recovery = await api('POST /v1/recoveries', { since, event_type: `${name}.only` }, { key });
  await api('PATCH /v1/tenants/cus_1', {}, { key });
  const erasure_id = (await api('DELETE /v1/tenants/cus_1', undefined, { key })).body.id;
  return {
    workspace_id,
    key,
    erasure_id,
    hook_id: hook.id,
    event_id: event.body.id,
    delivery_id: body.data[0]!.id,
    recovery_id: recovery.body.id,
  };
};
const [left, right] = [await addTenant('left'), await addTenant('right')];

const LISTS = ['events', 'webhooks', 'deliveries', 'event-types', 'recoveries'] as const;

const everything = async (key: string): Promise<string> => {
  const lists = LISTS.map(async (list) => (await api(`GET /v1/${list}`, undefined, { key })).text);
  return (await Promise.all(lists)).join();
};

it('every route answers 404 for an id of another workspace, and changes nothing there', async () => {
  const before = await everything(right.key);
  const called: string[] = [];
  for (const { name, type, meta } of procedures) {
    const route = meta?.route;
    const [, field = ''] =
      /\{(hook_id|event_id|delivery_id|recovery_id|erasure_id)\}/.exec(route?.path ?? '') ?? [];
    if (route === undefined || field === '') continue;
    const path = route.path.replace(`{${field}}`, right[field as 'hook_id']);
    const body = type === 'query' ? undefined : {};
    const { status, text } = await api(`${route.method} /v1${path}` as 'GET /', body, { key: left.key });
    called.push(name);
    expect([name, status]).toEqual([name, 404]);
    expect(text).not.toContain('right');
  }
  expect(called).toEqual(
    expect.arrayContaining(['hooks.get', 'hooks.delete', 'hooks.ping', 'events.get', 'deliveries.retry']),
  );
  expect(await everything(right.key)).toBe(before);
});

it('a refused call for a hook of another workspace does not subscribe that hook to events here', async () => {
  const { key } = left;
  await api(`DELETE /v1/webhooks/${right.hook_id}`, undefined, { key });
  const { body } = await api('POST /v1/events', { type: 'a', data: {} }, { key });
  expect(body.deliveries).toBe(1);
  const { data } = (await api(`GET /v1/deliveries?event_id=${body.id}`, undefined, { key })).body;
  expect(data).toMatchObject([{ hook_id: left.hook_id }]);
});

it('an id of another workspace is unknown in bodies and filters', async () => {
  const { key } = left;
  const named = { type: 'a', data: {}, hook_ids: [right.hook_id] };
  expect((await api('POST /v1/events', named, { key })).status).toBe(404);
  expect((await api('POST /v1/webhooks/test', { webhook_id: right.hook_id }, { key })).status).toBe(404);
  expect((await api('GET /v1/event-types/right.only', undefined, { key })).status).toBe(404);
  const since = new Date(0).toISOString();
  for (const selected of [{ hook_id: right.hook_id, since }, { delivery_ids: [right.delivery_id] }]) {
    for (const path of ['/v1/recoveries', '/v1/deliveries/cancel']) {
      for (const dry_run of [true, false]) {
        expect((await api(`POST ${path}` as 'POST /', { ...selected, dry_run }, { key })).status).toBe(404);
      }
    }
  }
  for (const filter of [`hook_id=${right.hook_id}`, `event_id=${right.event_id}`]) {
    expect((await api(`GET /v1/deliveries?${filter}`, undefined, { key })).body.data).toEqual([]);
  }
});

it('lists show the workspace of the key; an admin selects one by Bellwire-Workspace', async () => {
  const of_left = await everything(left.key);
  expect(of_left).toContain(left.hook_id);
  for (const id of [right.hook_id, right.event_id]) expect(of_left).not.toContain(id);
  for (const { workspace_id, key } of [left, right]) {
    for (const list of LISTS) {
      const options = { headers: { 'bellwire-workspace': workspace_id } };
      const { text } = await api(`GET /v1/${list}`, undefined, { key });
      expect((await api(`GET /v1/${list}`, undefined, options)).text).toBe(text);
      expect((await api(`GET /v1/${list}`, undefined, { key, ...options })).text).toBe(text);
    }
  }
  expect((await api('GET /v1/webhooks')).body.data).toEqual([]);
});
