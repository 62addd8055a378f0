import { beforeEach, describe, expect, it } from 'vitest';
import { createDialects } from '../../packages/server/src/dialects/registry.ts';
import { isSubscriber } from '../../packages/server/src/core/fan-out.ts';
import { defineDialect } from '../../packages/server/src/dialects/define-dialect.ts';
import { isOperational, operationalTypes } from '../../packages/server/src/core/operational-events.ts';
import { operationalCatalog } from '../../packages/server/src/core/operational-catalog.ts';
import { keepForFile, type ServerView, startServer } from '../support/running-server.ts';

const url = 'https://receiver.example.com/in';
const shared = await keepForFile(startServer());
let server: ServerView;
beforeEach(async () => {
  server = await shared.newWorkspace();
});

const create = (fields: object) => server.api('POST /v1/webhooks', { url, ...fields });

describe('types that begin with bellwire. are reserved', () => {
  const refused = {
    code: 'reserved_event_type',
    message: expect.stringContaining('Choose a name with another beginning') as string,
  };

  it.each(['bellwire.order', 'bellwire.hook.disabled'])('%s is refused from callers', async (type) => {
    const sent = await server.api('POST /v1/events', { type, data: {} });
    expect([sent.status, sent.body.error]).toEqual([
      422,
      { ...refused, issues: [{ path: 'type', message: 'must not begin with "bellwire."' }] },
    ]);
    const batch = await server.api('POST /v1/events/batch', {
      events: [
        { type, data: {} },
        { type: 'bellwires.order', data: {} },
      ],
    });
    expect(batch.body).toMatchObject({ results: [{ ok: false, error: refused }, { ok: true }] });
    const put = await server.api(`PUT /v1/event-types/${type}`, {});
    expect([put.status, put.body.error]).toMatchObject([422, { ...refused, issues: [{ path: 'name' }] }]);
    const { data } = (await server.api('GET /v1/events')).body;
    expect(data).toMatchObject([{ type: 'bellwires.order' }]);
    expect((await server.api('GET /v1/event-types')).body.data).toEqual([]);
  });

  it('also in the catalog of a dialect of the configuration', () => {
    const catalog = [{ name: 'bellwire.order', description: '' }];
    expect(() => createDialects([defineDialect({ name: 'acme', catalog })])).toThrow(
      expect.objectContaining({ code: 'config_invalid', message: expect.stringContaining('bellwire.order') }),
    );
  });
});

describe('a hook', () => {
  it.each(['bellwire.hook.disabled', 'bellwire.hook.*', 'bellwire.*'])(
    'without a tenant subscribes to %s, also in a strict workspace, without a warning',
    async (entry) => {
      await server.api('PUT /v1/event-types/order.created', {});
      await shared.api(`PATCH /v1/workspaces/${server.workspace}`, { strict: true });
      const { status, body } = await create({ events: [entry, 'order.created'] });
      expect([status, body]).toMatchObject([201, { events: [entry, 'order.created'], warnings: [] }]);
      const changed = await server.api(`PATCH /v1/webhooks/${body.id}`, { events: [entry] });
      expect([changed.status, changed.body]).toMatchObject([200, { events: [entry] }]);
    },
  );

  it.each(['cus_1', '*'])('with the tenant %s is refused with a reason', async (tenant) => {
    const expected = {
      code: 'invalid_input',
      message: expect.stringContaining('concern the whole workspace and not one customer') as string,
      issues: [{ path: 'events.1' }],
    };
    const events = ['order.*', 'bellwire.hook.*'];
    const refused = await create({ tenant, events });
    expect([refused.status, refused.body.error]).toMatchObject([422, expected]);
    const { id } = (await create({ tenant, events: ['*'] })).body;
    const changed = await server.api(`PATCH /v1/webhooks/${id}`, { events });
    expect([changed.status, changed.body.error]).toMatchObject([422, expected]);
  });

  it.each(['bellwire.hook.disabeld', 'bellwire.order.*'])(
    'cannot subscribe to %s, which matches nothing',
    async (entry) => {
      const { status, body } = await create({ events: [entry] });
      expect([status, body.error.message]).toEqual([
        422,
        expect.stringContaining('matches no operational event of Bellwire. Use "bellwire.*" for all'),
      ]);
    },
  );
});

const testSend = async (test: object) => {
  const { status, body } = await server.api('POST /v1/webhooks/test', test);
  return [status, body.error.code];
};

describe('a test send', () => {
  it.each(operationalTypes)('of %s has its example as data', async (type) => {
    const hook = (await create({ events: ['bellwire.*'], active: false })).body;
    const test = { webhook_id: hook.id, event_type: type };
    expect((await server.api('POST /v1/webhooks/test', test)).status).toBe(200);
    const { data } = (await server.api(`GET /v1/events?type=${type}&include=data`)).body;
    expect(data).toMatchObject([{ type, data: operationalCatalog.get(type)!.example }]);
  });

  it('is refused with data that does not match the type, for a hook with a tenant, and for unknown types', async () => {
    const { id } = (await create({ events: ['*'] })).body;
    const { id: of_tenant } = (await create({ events: ['*'], tenant: 'cus_1' })).body;
    const event_type = 'bellwire.hook.disabled';
    expect(await testSend({ webhook_id: id, event_type, data: {} })).toEqual([422, 'schema_violation']);
    expect(await testSend({ webhook_id: of_tenant, event_type })).toEqual([422, 'invalid_input']);
    expect(await testSend({ webhook_id: id, event_type: 'bellwire.x' })).toEqual([422, 'invalid_input']);
  });
});

it('a hook with a tenant receives none, even if it subscribes', () => {
  const hook = { id: 'wh_1', events: ['bellwire.*'], status: 'active', dialect: 'standard' } as const;
  const [type] = operationalTypes;
  expect(isSubscriber({ ...hook, tenant: null }, type, null)).toBe(true);
  expect(isSubscriber({ ...hook, tenant: '*' }, type, null)).toBe(false);
});

it('every operational type is reserved and in the catalog', () => {
  expect(operationalTypes.every(isOperational)).toBe(true);
  expect([...operationalCatalog.keys()]).toEqual([...operationalTypes]);
});
