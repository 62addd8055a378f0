import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startVirtualServer, type VirtualServer } from '../support/virtual-server.ts';

let server: VirtualServer;
beforeAll(async () => {
  server = await startVirtualServer({
    script: ({ url }) => ({ status: url.endsWith('/fails') ? 500 : 200 }),
  });
});
afterAll(() => server[Symbol.asyncDispose]());

interface Row {
  readonly id: string;
  readonly tenant: string | null;
  readonly deliveries: number;
  readonly hooks: Readonly<Record<string, number>>;
  readonly metadata: Readonly<Record<string, string>>;
}

const call = async (path: Parameters<VirtualServer['api']>[0], body?: object) => {
  const { status, body: answer } = await server.api(path, body);
  return { status, body: answer as unknown as Row };
};
const list = async (path: string): Promise<readonly Row[]> => {
  const { body } = await server.api(`GET /v1/${path}`);
  return (body as unknown as { readonly data: readonly Row[] }).data;
};
const addHook = async (type: string, tenant?: string) =>
  (await server.addHook(`/${type}`, { events: [type], ...(tenant === undefined ? {} : { tenant }) })).id;
const send = async (type: string, fields: object = {}) =>
  (await call('POST /v1/events', { type, data: {}, ...fields })).body;
/** The hooks that the deliveries of an event go to. */
const reached = async (event_id: string): Promise<readonly string[]> => {
  const { body } = await server.api(`GET /v1/deliveries?event_id=${event_id}`);
  const rows = (body as unknown as { readonly data: readonly { readonly hook_id: string }[] }).data;
  return rows.map(({ hook_id }) => hook_id).toSorted();
};

describe('an event', () => {
  it('of a tenant reaches hooks of that tenant and of every tenant, and no others', async () => {
    const [own, other, every, none] = [
      await addHook('reach', 'cus_1'),
      await addHook('reach', 'cus_2'),
      await addHook('reach', '*'),
      await addHook('reach'),
    ];
    const ofTenant = await send('reach', { tenant: 'cus_1' });
    expect([ofTenant.tenant, ofTenant.deliveries]).toEqual(['cus_1', 2]);
    expect(await reached(ofTenant.id)).toEqual([own, every].toSorted());
    const withoutTenant = await send('reach');
    expect(withoutTenant.tenant).toBeNull();
    expect(await reached(withoutTenant.id)).toEqual([every, none].toSorted());
    expect(await reached((await send('reach', { tenant: 'cus_2' })).id)).toEqual([other, every].toSorted());
  });

  it('is accepted once under an idempotency key per tenant', async () => {
    const first = await send('keys', { tenant: 'cus_1', idempotency_key: 'k' });
    expect((await send('keys', { tenant: 'cus_1', idempotency_key: 'k' })).id).toBe(first.id);
    expect((await send('keys', { tenant: 'cus_2', idempotency_key: 'k' })).id).not.toBe(first.id);
    expect((await send('keys', { idempotency_key: 'k' })).id).not.toBe(first.id);
  });

  it('of a batch belongs to its own tenant', async () => {
    const id = await addHook('batch', 'cus_1');
    const events = ['cus_1', 'cus_2'].map((tenant) => ({ type: 'batch', data: {}, tenant }));
    const { body } = await server.api('POST /v1/events/batch', { events });
    const { results } = body as unknown as { readonly results: readonly { readonly event: Row }[] };
    expect(results.map(({ event }) => [event.tenant, event.deliveries])).toEqual([
      ['cus_1', 1],
      ['cus_2', 0],
    ]);
    expect(await reached(results[0]!.event.id)).toEqual([id]);
  });

  it('for named hooks does not reach those of another tenant', async () => {
    const [own, other] = [await addHook('named', 'cus_1'), await addHook('named', 'cus_2')];
    const event = await send('named', { tenant: 'cus_1', hook_ids: [own, other] });
    expect(await reached(event.id)).toEqual([own]);
  });
});

describe('lists', () => {
  it('hold one tenant when they name it, and all of them otherwise', async () => {
    const id = await addHook('lists', 'cus_lists');
    const every = await addHook('lists', '*');
    const event = await send('lists', { tenant: 'cus_lists' });
    await send('lists', { tenant: 'cus_other' });
    const ids = async (path: string) => (await list(path)).map((row) => row.id);
    expect(await ids('webhooks?tenant=cus_lists')).toEqual([id]);
    expect(await ids('webhooks?limit=1000')).toEqual(expect.arrayContaining([id, every]));
    expect(await ids('events?tenant=cus_lists')).toEqual([event.id]);
    const deliveries = await list('deliveries?tenant=cus_lists');
    expect(deliveries.map(({ tenant }) => tenant)).toEqual(['cus_lists', 'cus_lists']);
    expect(await ids('webhooks?tenant=cus_unknown')).toEqual([]);
  });
});

describe('a tenant', () => {
  it.each([
    ['hook', 'cus_hook', () => addHook('creates', 'cus_hook')],
    ['event', 'cus_event', () => send('creates', { tenant: 'cus_event' })],
    ['PATCH', 'cus_patch', () => call('PATCH /v1/tenants/cus_patch', { metadata: {} })],
  ])('is created by its first %s', async (_, tenant, use) => {
    expect((await call(`GET /v1/tenants/${tenant}`)).status).toBe(404);
    await use();
    const { status, body } = await call(`GET /v1/tenants/${tenant}`);
    expect([status, body.tenant, body.metadata]).toEqual([200, tenant, {}]);
    expect((await list('tenants?limit=1000')).map((row) => row.tenant)).toContain(tenant);
  });

  it('shows the number of its hooks by status', async () => {
    const [, paused, failing] = [
      await addHook('counts', 'cus_counts'),
      await addHook('counts', 'cus_counts'),
      (await server.addHook('/fails', { events: ['fails'], tenant: 'cus_counts' })).id,
    ];
    await call(`POST /v1/webhooks/${paused}/deactivate`);
    await send('fails', { tenant: 'cus_counts' });
    await server.live(1);
    expect((await call(`GET /v1/webhooks/${failing}`)).status).toBe(200);
    const expected = { active: 2, failing: 1, paused: 1, disabled: 0, unvalidated: 0 };
    expect((await call('GET /v1/tenants/cus_counts')).body.hooks).toEqual(expected);
    const listed = (await list('tenants?limit=1000')).find(({ tenant }) => tenant === 'cus_counts');
    expect(listed?.hooks).toEqual(expected);
  });

  it('keeps its metadata until a PATCH replaces it', async () => {
    const metadata = { plan: 'team', region: 'eu' };
    expect((await call('PATCH /v1/tenants/cus_meta', { metadata })).body.metadata).toEqual(metadata);
    await addHook('meta', 'cus_meta');
    expect((await call('PATCH /v1/tenants/cus_meta', {})).body.metadata).toEqual(metadata);
    const replaced = { plan: 'free' };
    expect((await call('PATCH /v1/tenants/cus_meta', { metadata: replaced })).body.metadata).toEqual(
      replaced,
    );
  });

  it.each(['a/b', 'ü@x.example', '100%', 'a?b#c', 'x'.repeat(128)])(
    'has any visible characters as its id, percent-encoded in paths: %s',
    async (tenant) => {
      await addHook('odd', tenant);
      const { status, body } = await call(`GET /v1/tenants/${encodeURIComponent(tenant)}`);
      expect([status, body.tenant, body.hooks['active']]).toEqual([200, tenant, 1]);
      expect(await list(`webhooks?tenant=${encodeURIComponent(tenant)}`)).toHaveLength(1);
    },
  );

  it.each(['', ' ', 'a b', 'a\u0000b', 'a\u202eb', 'x'.repeat(129)])(
    'is refused as an id: %j',
    async (tenant) => {
      const hook = { url: 'https://example.com/', events: ['*'], tenant };
      for (const [path, body] of [
        ['POST /v1/webhooks', hook],
        ['POST /v1/events', { type: 'a', data: {}, tenant }],
      ] as const) {
        const { status, body: answer } = await server.api(path, body);
        expect([path, status, answer.error?.issues?.[0]?.path]).toEqual([path, 422, 'tenant']);
      }
    },
  );

  it('named * is refused everywhere but on a hook', async () => {
    expect((await call('POST /v1/events', { type: 'a', data: {}, tenant: '*' })).status).toBe(422);
    expect((await call('PATCH /v1/tenants/*', { metadata: {} })).status).toBe(422);
    expect((await server.api('GET /v1/webhooks?tenant=*')).status).toBe(422);
  });
});
