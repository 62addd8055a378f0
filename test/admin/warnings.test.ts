import { beforeEach, describe, expect, it } from 'vitest';
import type { Warning } from '@bellwire/client';
import { keepForFile, type ServerView, startServer } from '../support/running-server.ts';

const url = 'https://receiver.example.com/in';
const shared = await keepForFile(startServer());
let server: ServerView;
beforeEach(async () => {
  server = await shared.newWorkspace();
});

type Call = Parameters<ServerView['api']>[0];

const warningsOf = async (call: Call, body?: object): Promise<readonly Warning[]> => {
  const answer = await server.api(call, body);
  expect(answer.status, answer.text).toBeLessThan(300);
  return (answer.body as unknown as { readonly warnings: readonly Warning[] }).warnings;
};
const codesOf = async (call: Call, body?: object) => (await warningsOf(call, body)).map(({ code }) => code);
const addType = (name: string) => server.api(`PUT /v1/event-types/${name}`, {});
const create = (fields: object) => codesOf('POST /v1/webhooks', { url, events: ['*'], ...fields });

const send = (fields: object = {}) =>
  warningsOf('POST /v1/events', { type: 'order.created', data: {}, ...fields });

describe('the receipt of an event', () => {
  it('says why it reaches no hook, and nothing if it reaches one', async () => {
    expect(await send()).toMatchObject([{ code: 'no_hook_subscribed' }]);
    await addType('order.created');
    expect(await send({ type: 'order.creatd', tenant: 'cus_1' })).toEqual([
      {
        code: 'no_hook_subscribed',
        message:
          'No hook of the tenant cus_1 is subscribed to order.creatd, so the event is stored but not delivered.',
      },
      {
        code: 'unknown_event_type',
        message: 'The catalog has no event type "order.creatd". Did you mean "order.created"?',
      },
    ]);
    await server.addHook(url, { active: false });
    for (const type of ['order.created', 'order.creatd']) expect(await send({ type })).toEqual([]);
    expect(await send({ tenant: 'cus_1' })).toHaveLength(1);
  });

  it('of a batch has its own warnings; the stored event has none', async () => {
    await server.addHook(url, { events: ['a'] });
    const events = ['a', 'b'].map((type) => ({ type, data: {} }));
    const { body } = await server.api('POST /v1/events/batch', { events });
    expect(body).toMatchObject({
      results: [{ event: { warnings: [] } }, { event: { warnings: [{ code: 'no_hook_subscribed' }] } }],
    });
    const { id } = (await server.api('POST /v1/events', events[1])).body;
    expect((await server.api(`GET /v1/events/${id}`)).body).not.toHaveProperty('warnings');
  });
});

describe('a new or changed hook', () => {
  it('is warned about event types that are not in the catalog', async () => {
    expect(await create({ events: ['oder.*'] })).toEqual([]);
    await addType('order.created');
    const events = ['oder.*', 'order.created', 'order.creatd'];
    const warnings = await warningsOf('POST /v1/webhooks', { url: `${url}/2`, events });
    expect(warnings.map(({ message }) => /Did you mean "(.*)"/.exec(message)?.[1])).toEqual([
      'order.*',
      'order.created',
    ]);
    const { id } = await server.addHook(`${url}/3`, { events: ['order.*'] });
    expect(await codesOf(`PATCH /v1/webhooks/${id}`, { events: ['a'] })).toEqual(['unknown_event_type']);
    expect(await codesOf(`POST /v1/webhooks/${id}/activate`)).toEqual(['unknown_event_type']);
    expect(await codesOf(`PATCH /v1/webhooks/${id}`, { events: ['order.*'] })).toEqual([]);
  });

  it('is warned about a live hook of its tenant with its URL or name', async () => {
    const { id } = await server.addHook(url, { name: 'Orders' });
    const [same] = await warningsOf('POST /v1/webhooks', { url, events: ['*'] });
    expect(same).toMatchObject({ code: 'duplicate_url', message: expect.stringContaining(id) });
    expect(await create({ url: `${url}/2`, name: 'Orders' })).toEqual(['duplicate_name']);
    expect(await create({ url: `${url}/3` })).toEqual([]);
    expect(await create({ name: 'Orders', tenant: 'cus_1' })).toEqual([]);
    expect(await create({ name: 'Orders', tenant: 'cus_1' })).toEqual(['duplicate_url', 'duplicate_name']);
    expect(await create({ name: 'orders', url: `${url}/${'x'.repeat(500)}1` })).toEqual([]);
    expect(await create({ url: `${url}/${'x'.repeat(500)}2` })).toEqual([]);
    server = await shared.newWorkspace();
    expect(await create({ name: 'Orders' })).toEqual([]);
  });

  it('is not warned about itself or a deleted hook', async () => {
    const [one, two] = [await server.addHook(url, { name: 'a' }), await server.addHook(url, { name: 'b' })];
    expect(await codesOf(`PATCH /v1/webhooks/${one.id}`, { name: 'b' })).toEqual([
      'duplicate_url',
      'duplicate_name',
    ]);
    await server.api(`DELETE /v1/webhooks/${two.id}`);
    expect(await codesOf(`POST /v1/webhooks/${one.id}/activate`)).toEqual([]);
  });

  it('is warned about a weak secret that the call sets', async () => {
    expect(await create({ dialect: 'github', secret: 'short' })).toEqual(['weak_secret']);
  });
});
