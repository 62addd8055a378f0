import { afterAll, beforeAll, expect, it } from 'vitest';
import { startVirtualServer, type VirtualServer } from '../support/virtual-server.ts';

let server: VirtualServer;
beforeAll(async () => {
  server = await startVirtualServer({});
});
afterAll(() => server[Symbol.asyncDispose]());

const hook = (tenant?: string) =>
  server.api('POST /v1/webhooks', {
    url: 'https://limits.example.com/',
    events: ['limits'],
    ...(tenant === undefined ? {} : { tenant }),
  });

it('a tenant has at most `max_hooks` hooks, and the refusal names the limit and what to do', async () => {
  const set = await server.api('PATCH /v1/tenants/cus_1', { limits: { max_hooks: 2 } });
  expect(set).toMatchObject({ status: 200, body: { limits: { max_hooks: 2 } } });
  const created = [await hook('cus_1'), await hook('cus_1')];
  expect(created.map(({ status }) => status)).toEqual([201, 201]);
  const { status, body } = await hook('cus_1');
  expect([status, body]).toMatchObject([409, { error: { code: 'too_many_hooks' } }]);
  expect(JSON.stringify(body)).toMatch(/cus_1 has 2 hooks.*limits\.max_hooks.*PATCH \/v1\/tenants\/cus_1/);
  expect((await server.api('GET /v1/tenants/cus_1')).body).toMatchObject({ hooks: { active: 2 } });
  // Others are not affected, and a deleted hook makes room.
  expect((await hook('cus_2')).status).toBe(201);
  expect((await hook()).status).toBe(201);
  const { id } = created[0]!.body as unknown as { readonly id: string };
  await server.api(`DELETE /v1/webhooks/${id}`);
  expect((await hook('cus_1')).status).toBe(201);
});

it('a limit that is null is the default again, and what is absent is unchanged', async () => {
  await server.api('PATCH /v1/tenants/cus_3', { limits: { max_hooks: 0 }, metadata: { plan: 'free' } });
  expect((await hook('cus_3')).status).toBe(409);
  const kept = await server.api('PATCH /v1/tenants/cus_3', { limits: {} });
  expect(kept.body).toMatchObject({ limits: { max_hooks: 0 }, metadata: { plan: 'free' } });
  const reset = await server.api('PATCH /v1/tenants/cus_3', { limits: { max_hooks: null } });
  expect(reset.body).toMatchObject({ limits: { max_hooks: 1_000 } });
  expect((await hook('cus_3')).status).toBe(201);
});
