import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dialectTable } from '../support/dialect-table.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { type Answer, type RunningServer, startServer } from '../support/running-server.ts';

let server: RunningServer;
let receiver: Receiver;
beforeAll(async () => {
  [server, receiver] = await Promise.all([startServer(), startReceiver()]);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await receiver[Symbol.asyncDispose]();
});

type Call = `${string} /${string}`;

/** Creates a workspace and returns its API. */
const inWorkspace = async (name: string, fields: object = {}) => {
  const created = await server.api('POST /v1/workspaces', { name, ...fields });
  expect(created.status, created.text).toBe(201);
  const options = { headers: { 'bellwire-workspace': created.body.id } };
  return (call: Call, body?: object): Promise<Answer> => server.api(call, body, options);
};

const typesOf = async (api: (call: Call) => Promise<Answer>) =>
  (await api('GET /v1/event-types?limit=1000')).body.data as unknown as readonly {
    readonly name: string;
    readonly description: string;
    readonly schema: object | null;
    readonly example: Readonly<Record<string, unknown>> | null;
  }[];

/** The documented event types of a dialect. */
const documented = (name: string) => dialectTable.find(({ dialect }) => dialect === name)!.catalog.toSorted();

describe('a workspace with a dialect', () => {
  it.each(dialectTable)(
    '$dialect: starts with the described catalog of the dialect and accepts its examples',
    async ({ dialect }) => {
      const api = await inWorkspace(`of ${dialect}`, { dialect });
      const types = await typesOf(api);
      expect(types.map(({ name }) => name)).toEqual(documented(dialect));
      for (const { name, description, example } of types) {
        expect(description.length).toBeGreaterThan(5);
        const { status, text } = await api('POST /v1/events', { type: name, data: example ?? {} });
        expect(status, text).toBe(202);
      }
    },
  );

  it.each(dialectTable)('$dialect: is the default dialect of its hooks', async ({ dialect }) => {
    const api = await inWorkspace(`hooks of ${dialect}`, { dialect });
    const hook = { url: 'https://receiver.example.com/', events: ['none'], active: false };
    // A new q2 hook is pinged, and this address does not exist.
    if (dialect !== 'q2') expect((await api('POST /v1/webhooks', hook)).body).toMatchObject({ dialect });
    const other = await api('POST /v1/webhooks', { ...hook, dialect: 'github' });
    expect(other.body).toMatchObject({ dialect: 'github' });
  });

  it('has its own catalog: its changes do not affect other workspaces of the dialect', async () => {
    const [one, two] = [
      await inWorkspace('owner one', { dialect: 'q2' }),
      await inWorkspace('owner two', { dialect: 'q2' }),
    ];
    await one('DELETE /v1/event-types/ping');
    await one('PUT /v1/event-types/app-order-created', { description: 'ours' });
    expect((await typesOf(one)).map(({ name, description }) => [name, description])).toEqual([
      ['app-order-created', 'ours'],
    ]);
    expect((await typesOf(two)).map(({ name }) => name)).toEqual(documented('q2'));
  });

  it('is refused with an undefined dialect, and not created', async () => {
    const { status, body } = await server.api('POST /v1/workspaces', { name: 'no such', dialect: 'nope' });
    expect([status, body.error]).toMatchObject([422, { issues: [{ path: 'dialect' }] }]);
    expect((await server.api('POST /v1/workspaces', { name: 'no such' })).status).toBe(201);
  });
});

describe('the default workspace', () => {
  it('has the configured dialect with its catalog', async () => {
    await using own = await startServer({ settings: { dialect: 'resource-api' } });
    expect((await typesOf(own.api)).map(({ name }) => name)).toEqual(documented('resource-api'));
    const { body } = await own.api('GET /v1/workspaces/ws_default');
    expect(body).toMatchObject({ name: 'default', dialect: 'resource-api', strict: false });
    const hook = await own.addHook(`${receiver.origin}/default`);
    expect(hook).toMatchObject({ dialect: 'resource-api' });
    await own.api(`POST /v1/webhooks/${hook.id}/test`, { event_type: 'resource.created' });
    const call = await receiver.next();
    expect(call.headers['x-webhook-signature']).toMatch(/^[0-9a-f]{64}$/);
  });

  it('with an undefined dialect is a configuration error', async () => {
    await expect(startServer({ settings: { dialect: 'nope' } })).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringMatching(/BELLWIRE_DIALECT.*"nope".*standard, q2/) as string,
    });
  });
});

describe('a strict workspace', () => {
  it('refuses events and subscriptions outside its catalog, with their path', async () => {
    const api = await inWorkspace('strict', { dialect: 'resource-api', strict: true });
    const event = await api('POST /v1/events', { type: 'user.create', data: {} });
    expect([event.status, event.body.error]).toMatchObject([
      422,
      { code: 'unknown_event_type', issues: [{ path: 'type' }] },
    ]);
    const url = `${receiver.origin}/strict`;
    const events = ['user.created', 'user.create', 'user.*', 'ping', 'nope', '*'];
    const hook = await api('POST /v1/webhooks', { url, events });
    expect([hook.status, hook.body.error]).toMatchObject([
      422,
      { code: 'unknown_event_type', issues: [{ path: 'events.1' }, { path: 'events.4' }] },
    ]);
    const { body } = await api('POST /v1/webhooks', { url, events: ['user.created', 'user.*', 'ping', '*'] });
    const patched = await api(`PATCH /v1/webhooks/${body.id}`, { events: ['nope'] });
    expect(patched.body.error).toMatchObject({ issues: [{ path: 'events.0' }] });
    expect((await api('POST /v1/events', { type: 'user.created', data: {} })).status).toBe(202);
    await receiver.next();
    await api('PUT /v1/event-types/nope', {});
    expect((await api('POST /v1/events', { type: 'nope', data: {} })).body).toMatchObject({ deliveries: 1 });
    await receiver.next();
  });
});

describe('a type with a schema', () => {
  it('is refused with an example that does not match, and not stored', async () => {
    const api = await inWorkspace('examples', {});
    const schema = { type: 'object', required: ['id'], properties: { id: { type: 'integer' } } };
    const put = (example: object | null, previous_example: object | null = null) =>
      api('PUT /v1/event-types/order.created', { schema, example, previous_example });
    const { status, body } = await put({ id: 'one' });
    expect([status, body.error]).toMatchObject([
      422,
      { code: 'schema_violation', issues: [{ path: 'example.id' }] },
    ]);
    expect((await put({})).body.error.issues).toMatchObject([{ path: 'example' }]);
    expect((await put({ id: 1 }, { id: 'one' })).body.error.issues).toMatchObject([
      { path: 'previous_example.id' },
    ]);
    expect((await api('GET /v1/event-types/order.created')).status).toBe(404);
    expect((await put({ id: 1 })).status).toBe(200);
    expect((await put(null)).status).toBe(200);
  });

  const order = { app_id: 7, company: { name: 'Example' }, environments: [{ type: 0 }] };
  const wrong = (change: object) => ({ order: { ...order, ...change } });

  it.each([
    ['data.order.app_id', wrong({ app_id: '7' })],
    ['data.order.company.name', wrong({ company: { name: 7 } })],
    ['data.order.environments.1.type', wrong({ environments: [{ type: 0 }, { type: 3 }] })],
    ['data.order.environments.0', wrong({ environments: ['production'] })],
    ['data.order', { order: [] }],
  ])('refuses data that is wrong at %s, with that path', async (path, data) => {
    const api = await inWorkspace(`schema ${path}`, { dialect: 'q2' });
    const { status, body } = await api('POST /v1/events', { type: 'app-order-created', data });
    expect([status, body.error]).toMatchObject([422, { code: 'schema_violation' }]);
    expect(body.error.issues?.map((issue) => issue.path)).toEqual([path]);
    expect(body.error.message).toContain('app-order-created');
    expect((await api('GET /v1/events')).body.data).toEqual([]);
  });

  it('of a dialect requires nothing and accepts more keys', async () => {
    const api = await inWorkspace('loose', { dialect: 'q2' });
    for (const data of [{}, { order: {} }, wrong({ color: 'red', company: { city: 'Bern' } }), { more: 1 }]) {
      expect((await api('POST /v1/events', { type: 'app-order-created', data })).status).toBe(202);
    }
  });
});

/** Sends a test to a hook; returns the type and data that arrive. */
const tested = async (
  api: typeof server.api | Awaited<ReturnType<typeof inWorkspace>>,
  id: string,
  body?: object,
) => {
  expect((await api(`POST /v1/webhooks/${id}/test`, body)).status).toBe(200);
  const call = await receiver.next();
  const sent = JSON.parse(call.body.toString()) as { readonly type: string; readonly data: object };
  return [sent.type, sent.data];
};

describe('a test event', () => {
  it('has the current example of the workspace’s catalog, or the given data', async () => {
    const api = await inWorkspace('tests', { dialect: 'resource-api' });
    const events = ['user.*', 'mine.created', 'resource.updated', 'resource.created'];
    const { body: hook } = await api('POST /v1/webhooks', { url: receiver.origin, events });
    const types = await typesOf(api);
    const exampleOf = (type: string) => types.find(({ name }) => name === type)?.example;
    // The first exact type of the hook that has an example.
    expect(await tested(api, hook.id)).toEqual(['resource.updated', exampleOf('resource.updated')]);
    const created = { event_type: 'resource.created' };
    expect(await tested(api, hook.id, created)).toEqual(['resource.created', exampleOf('resource.created')]);
    const mine = { ...created, data: { mine: 1 } };
    expect(await tested(api, hook.id, mine)).toEqual(['resource.created', mine.data]);
    expect(await tested(api, hook.id, { event_type: 'user.updated' })).toEqual([
      'user.updated',
      exampleOf('user.updated'),
    ]);
    await api('PUT /v1/event-types/resource.created', { example: { object: { id: 'changed' } } });
    expect(await tested(api, hook.id, created)).toEqual(['resource.created', { object: { id: 'changed' } }]);
  });

  it('has the example of the hook’s dialect if the workspace has none, and the type test if none applies', async () => {
    const { id } = await server.addHook(receiver.origin, { dialect: 'resource-api', events: ['*'] });
    const [type, data] = await tested(server.api, id, { event_type: 'resource.created' });
    expect([type, data]).toMatchObject(['resource.created', { object: { name: 'New Resource' } }]);
    expect(await tested(server.api, id)).toEqual(['test', {}]);
  });
});
