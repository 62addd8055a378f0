import { expect, it } from 'vitest';
import { type RunningServer, startServer } from '../support/running-server.ts';
import { procedures } from '../support/two-surfaces.ts';

interface Tenant {
  readonly workspace_id: string;
  readonly key: string;
  readonly hook_id: string;
  readonly event_id: string;
  readonly delivery_id: string;
}

/** A workspace with a key of its own, a paused hook, an event type and an event that is held for the hook. */
const addTenant = async ({ api, addHook }: RunningServer, name: string): Promise<Tenant> => {
  const workspace_id = (await api('POST /v1/workspaces', { name })).body.id;
  const named = { headers: { 'bellwire-workspace': workspace_id } };
  const { api_key: key } = (await api('POST /v1/api-keys', { name }, named)).body;
  const hook = await addHook('https://receiver.example.com/', { active: false }, { key });
  await api(`PUT /v1/event-types/${name}.only`, {}, { key });
  const event = await api('POST /v1/events', { type: 'a', data: { of: name } }, { key });
  const { body } = await api('GET /v1/deliveries', undefined, { key });
  return { workspace_id, key, hook_id: hook.id, event_id: event.body.id, delivery_id: body.data[0]!.id };
};

const LISTS = ['events', 'webhooks', 'deliveries', 'event-types'] as const;

const everything = async ({ api }: RunningServer, key: string): Promise<string> =>
  (
    await Promise.all(LISTS.map(async (list) => (await api(`GET /v1/${list}`, undefined, { key })).text))
  ).join();

/** Fields that a route wants before it looks for what its path names. */
const BODIES: Readonly<Record<string, object>> = {
  'hooks.replay': { since: '2026-01-01T00:00:00Z' },
};

it('an id of another workspace is 404 on every route that takes one, and changes nothing there', async () => {
  await using server = await startServer();
  const [left, right] = [await addTenant(server, 'left'), await addTenant(server, 'right')];
  const before = await everything(server, right.key);
  const tried: string[] = [];
  for (const { name, type, meta } of procedures) {
    const route = meta?.route;
    const [, field = ''] = /\{(hook_id|event_id|delivery_id)\}/.exec(route?.path ?? '') ?? [];
    if (route === undefined || field === '') continue;
    const id = right[field as 'hook_id'];
    const body = type === 'query' ? undefined : (BODIES[name] ?? {});
    const { status, text } = await server.api(
      `${route.method} /v1${route.path.replace(`{${field}}`, id)}` as 'GET /',
      body,
      { key: left.key },
    );
    tried.push(name);
    expect([name, status]).toEqual([name, 404]);
    expect(text).not.toContain('right');
  }
  expect(tried).toEqual(
    expect.arrayContaining(['hooks.get', 'hooks.delete', 'hooks.ping', 'events.get', 'deliveries.retry']),
  );
  expect(await everything(server, right.key)).toBe(before);
});

it('an id of another workspace is not known in a body or a filter either', async () => {
  await using server = await startServer();
  const [left, right] = [await addTenant(server, 'left'), await addTenant(server, 'right')];
  const { api } = server;
  const { key } = left;
  const named = { type: 'a', data: {}, hook_ids: [right.hook_id] };
  expect((await api('POST /v1/events', named, { key })).status).toBe(404);
  expect((await api('POST /v1/webhooks/test', { webhook_id: right.hook_id }, { key })).status).toBe(404);
  expect((await api('GET /v1/event-types/right.only', undefined, { key })).status).toBe(404);
  for (const filter of [`hook_id=${right.hook_id}`, `event_id=${right.event_id}`]) {
    expect((await api(`GET /v1/deliveries?${filter}`, undefined, { key })).body.data).toEqual([]);
  }
});

it('lists show what is in the workspace of the key; an admin names one in Bellwire-Workspace', async () => {
  await using server = await startServer();
  const [left, right] = [await addTenant(server, 'left'), await addTenant(server, 'right')];
  const { api } = server;
  const of_left = await everything(server, left.key);
  expect(of_left).toContain(left.hook_id);
  expect(of_left).not.toContain(right.hook_id);
  expect(of_left).not.toContain(right.event_id);
  for (const { workspace_id, key } of [left, right]) {
    for (const list of LISTS) {
      const options = { headers: { 'bellwire-workspace': workspace_id } };
      const by_admin = await api(`GET /v1/${list}`, undefined, options);
      expect(by_admin.text).toBe((await api(`GET /v1/${list}`, undefined, { key })).text);
      const own_name = await api(`GET /v1/${list}`, undefined, { key, ...options });
      expect(own_name.text).toBe(by_admin.text);
    }
  }
  const { body } = await api('GET /v1/webhooks');
  expect(body.data).toEqual([]);
});
