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

const send = (fields: object) => server.api('POST /v1/events', { type: 'limits', data: {}, ...fields });

/** Sends events until one is refused; returns the number of accepted ones and the refusal. */
const sendUntilRefused = async (fields: object) => {
  for (let accepted = 0; ; accepted += 1) {
    const sent = await send(fields);
    if (sent.status !== 202 || accepted === 1_000) return { accepted, refusal: sent };
  }
};

it('a tenant sends at most `events_per_second`; the refusal names the limit, when to retry and what to do', async () => {
  await server.api('PATCH /v1/tenants/cus_4', { limits: { events_per_second: 5 } });
  const { accepted, refusal } = await sendUntilRefused({ tenant: 'cus_4' });
  expect(accepted).toBe(5);
  expect(refusal).toMatchObject({ status: 429, headers: { 'retry-after': '1' } });
  expect(JSON.stringify(refusal.body)).toMatch(
    /too_many_requests.*cus_4 may send 5 events per second.*limits\.events_per_second.*PATCH \/v1\/tenants\/cus_4/,
  );
  // Others are not affected; the tenant continues as time passes; without the limit, nothing is refused.
  expect((await send({ tenant: 'cus_5' })).status).toBe(202);
  await server.clock.advance(1_000);
  expect((await sendUntilRefused({ tenant: 'cus_4' })).accepted).toBe(5);
  await server.api('PATCH /v1/tenants/cus_4', { limits: { events_per_second: null } });
  expect((await send({ tenant: 'cus_4' })).status).toBe(202);
});

it('each event of a batch counts', async () => {
  await server.api('PATCH /v1/tenants/cus_6', { limits: { events_per_second: 7 } });
  const events = Array.from({ length: 20 }, () => ({ type: 'limits', data: {}, tenant: 'cus_6' }));
  const { body } = await server.api('POST /v1/events/batch', { events });
  const { results } = body as unknown as {
    readonly results: readonly { readonly ok: boolean; readonly error?: { readonly code: string } }[];
  };
  expect(results.filter(({ ok }) => ok)).toHaveLength(7);
  expect(new Set(results.map(({ error }) => error?.code))).toEqual(new Set([undefined, 'too_many_requests']));
});

it('an API key sends at most its `events_per_second`, for all tenants together', async () => {
  const { body } = await server.api('POST /v1/api-keys', { name: 'k', scope: 'send', events_per_second: 3 });
  expect(body).toMatchObject({ events_per_second: 3 });
  const { api_key } = body as unknown as { readonly api_key: string };
  const sendBy = (key: string, tenant: string) =>
    server.fetch(
      new Request('http://bellwire.test/v1/events', {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ type: 'limits', data: {}, tenant }),
      }),
    );
  const statuses = [];
  for (let n = 0; n < 5; n += 1) statuses.push((await sendBy(api_key, `cus_7${n}`)).status);
  expect(statuses).toEqual([202, 202, 202, 429, 429]);
  expect(await (await sendBy(api_key, 'cus_8')).text()).toMatch(/This API key may send 3 events per second/);
  expect((await send({})).status).toBe(202);
});
