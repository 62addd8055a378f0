import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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

/** The calls of one new workspace. */
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

/** The event types that the documents print. */
const PRINTED: Readonly<Record<string, readonly string[]>> = {
  standard: [],
  activities: [],
  github: [],
  q2: ['app-order-created', 'ping'],
  casesolved: ['Site Plan Change'],
  'resource-api': [
    'payment.failed',
    'payment.succeeded',
    'resource.created',
    'resource.deleted',
    'resource.updated',
    'user.created',
    'user.updated',
  ],
  connect2print: [
    'customer.created',
    'invoice.created',
    'invoice.paid',
    'invoice.sent',
    'order.cancelled',
    'order.completed',
    'order.created',
    'order.shipped',
    'order.updated',
    'production.job.completed',
    'production.job.created',
    'quote.accepted',
    'quote.created',
    'quote.rejected',
    'shipment.delivered',
    'stock.low',
  ],
};

describe('a workspace that is made with a dialect', () => {
  it.each(Object.entries(PRINTED))('%s: starts with its catalog, described', async (dialect, names) => {
    const types = await typesOf(await inWorkspace(`starts ${dialect}`, { dialect }));
    expect(types.map(({ name }) => name)).toEqual(names);
    for (const { description } of types) expect(description.length).toBeGreaterThan(5);
  });

  it('accepts the examples of its catalog, and gives its dialect to every hook that names none', async () => {
    for (const dialect of Object.keys(PRINTED)) {
      const api = await inWorkspace(`examples ${dialect}`, { dialect });
      for (const { name, example } of await typesOf(api)) {
        const { status, text } = await api('POST /v1/events', { type: name, data: example ?? {} });
        expect(status, text).toBe(202);
      }
      const url = 'https://receiver.example.com/';
      const hook = { url, events: ['none'], active: false };
      // q2 pings what it makes, and nobody is at this address.
      if (dialect !== 'q2') expect((await api('POST /v1/webhooks', hook)).body).toMatchObject({ dialect });
      const other = await api('POST /v1/webhooks', { ...hook, dialect: 'github' });
      expect(other.body).toMatchObject({ dialect: 'github' });
    }
  });

  it('owns its catalog: what it changes, no other workspace of the dialect sees', async () => {
    const [one, two] = [
      await inWorkspace('owner one', { dialect: 'q2' }),
      await inWorkspace('owner two', { dialect: 'q2' }),
    ];
    await one('DELETE /v1/event-types/ping');
    await one('PUT /v1/event-types/app-order-created', { description: 'ours' });
    expect((await typesOf(one)).map(({ name, description }) => [name, description])).toEqual([
      ['app-order-created', 'ours'],
    ]);
    expect((await typesOf(two)).map(({ name }) => name)).toEqual(PRINTED['q2']);
  });

  it('is refused for a dialect that nobody defined, and is not made', async () => {
    const { status, body } = await server.api('POST /v1/workspaces', { name: 'no such', dialect: 'nope' });
    expect([status, body.error]).toMatchObject([422, { issues: [{ path: 'dialect' }] }]);
    expect((await server.api('POST /v1/workspaces', { name: 'no such' })).status).toBe(201);
  });
});

describe('the default workspace', () => {
  it('has the dialect of the configuration, with its catalog', async () => {
    await using own = await startServer({ settings: { dialect: 'resource-api' } });
    expect((await typesOf(own.api)).map(({ name }) => name)).toEqual(PRINTED['resource-api']);
    const { body } = await own.api('GET /v1/workspaces/ws_default');
    expect(body).toMatchObject({ name: 'default', dialect: 'resource-api', strict: false });
    const hook = await own.addHook(`${receiver.origin}/default`);
    expect(hook).toMatchObject({ dialect: 'resource-api' });
    await own.api(`POST /v1/webhooks/${hook.id}/test`, { event_type: 'resource.created' });
    const call = await receiver.next();
    expect(call.headers['x-webhook-signature']).toMatch(/^[0-9a-f]{64}$/);
  });

  it('does not start with a dialect that nobody defined', async () => {
    await expect(startServer({ settings: { dialect: 'nope' } })).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringMatching(/BELLWIRE_DIALECT.*"nope".*standard, q2/) as string,
    });
  });
});

describe('a strict workspace', () => {
  it('refuses events and subscriptions that its catalog does not know, by name and path', async () => {
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

describe('a type that has a schema', () => {
  const order = { app_id: 7, company: { name: 'Example' }, environments: [{ type: 0 }] };
  const wrong = (change: object) => ({ order: { ...order, ...change } });

  it.each([
    ['data.order.app_id', wrong({ app_id: '7' })],
    ['data.order.company.name', wrong({ company: { name: 7 } })],
    ['data.order.environments.1.type', wrong({ environments: [{ type: 0 }, { type: 3 }] })],
    ['data.order.environments.0', wrong({ environments: ['production'] })],
    ['data.order', { order: [] }],
  ])('refuses data that is wrong at %s, naming that place', async (path, data) => {
    const api = await inWorkspace(`schema ${path}`, { dialect: 'q2' });
    const { status, body } = await api('POST /v1/events', { type: 'app-order-created', data });
    expect([status, body.error]).toMatchObject([422, { code: 'schema_violation' }]);
    expect(body.error.issues?.map((issue) => issue.path)).toEqual([path]);
    expect(body.error.message).toContain('app-order-created');
    expect((await api('GET /v1/events')).body.data).toEqual([]);
  });

  it('is loose where it comes from a dialect: nothing is required and other keys pass', async () => {
    const api = await inWorkspace('loose', { dialect: 'q2' });
    for (const data of [{}, { order: {} }, wrong({ color: 'red', company: { city: 'Bern' } }), { more: 1 }]) {
      expect((await api('POST /v1/events', { type: 'app-order-created', data })).status).toBe(202);
    }
  });
});

/** What arrives for a test of a hook. */
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
  it('carries the example of the workspace’s catalog, also after that was changed, unless data is given', async () => {
    const api = await inWorkspace('tests', { dialect: 'resource-api' });
    const events = ['user.*', 'user.created', 'resource.updated', 'resource.created'];
    const { body: hook } = await api('POST /v1/webhooks', { url: receiver.origin, events });
    const types = await typesOf(api);
    const exampleOf = (type: string) => types.find(({ name }) => name === type)?.example;
    // The first of its exact types that has an example.
    expect(await tested(api, hook.id)).toEqual(['resource.updated', exampleOf('resource.updated')]);
    const asked = { event_type: 'resource.created' };
    expect(await tested(api, hook.id, asked)).toEqual(['resource.created', exampleOf('resource.created')]);
    expect(await tested(api, hook.id, { ...asked, data: { mine: 1 } })).toEqual([
      'resource.created',
      { mine: 1 },
    ]);
    expect(await tested(api, hook.id, { event_type: 'user.updated' })).toEqual(['user.updated', {}]);
    await api('PUT /v1/event-types/resource.created', { example: { object: { id: 'changed' } } });
    expect(await tested(api, hook.id, asked)).toEqual(['resource.created', { object: { id: 'changed' } }]);
  });

  it('carries the example of the hook’s dialect where the workspace has none, and is called test without any type', async () => {
    const { id } = await server.addHook(receiver.origin, { dialect: 'resource-api', events: ['*'] });
    const [type, data] = await tested(server.api, id, { event_type: 'resource.created' });
    expect([type, data]).toMatchObject(['resource.created', { object: { name: 'New Resource' } }]);
    expect(await tested(server.api, id)).toEqual(['test', {}]);
  });
});
