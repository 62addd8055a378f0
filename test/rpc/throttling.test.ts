import { expect, it } from 'vitest';
import type { Script } from '../support/scripted-transport.ts';
import { type ShownDelivery, startVirtualServer, type VirtualServer } from '../support/virtual-server.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** A server with a hook whose receiver fails until `recover` is called. */
const startFailing = async () => {
  const receiver = { is_well: false };
  const script: Script = () => ({ status: receiver.is_well ? 200 : 500 });
  const server = await startVirtualServer({ script });
  const { id } = await server.addHook('/a');
  for (let n = 0; n < 12; n += 1) await server.send();
  await server.live(SECOND);
  const recover = (): void => {
    receiver.is_well = true;
  };
  return { ...server, id, recover };
};

const one = async (server: VirtualServer, { id }: ShownDelivery): Promise<ShownDelivery> =>
  (await server.api(`GET /v1/deliveries/${id}`)).body as ShownDelivery;

const at = (text: unknown): number => Date.parse(String(text));

it('a hook shows its breaker with the next probe, and its deliveries what they wait for', async () => {
  await using server = await startFailing();
  const { breaker } = await server.hook(server.id);
  expect(breaker).toEqual({ state: 'open', next_probe_at: expect.any(String) });
  expect(at(breaker.next_probe_at) - server.clock.now()).toBeGreaterThan(3 * SECOND);
  const waiting = { status: 'pending', waits_for: { reason: 'breaker', until: breaker.next_probe_at } };
  const deliveries = await server.deliveries(server.id);
  expect(deliveries[0]).toMatchObject({ ...waiting, attempt_count: 0 });
  expect(await one(server, deliveries[0]!)).toMatchObject(waiting);
  server.recover();
  await server.live(10 * MINUTE);
  expect((await server.hook(server.id)).breaker).toEqual({ state: 'closed', next_probe_at: null });
  const after = await server.deliveries(server.id);
  expect(after.every(({ status, waits_for }) => status === 'succeeded' && waits_for === null)).toBe(true);
});

it.each([
  { verb: 'activate', call: (server: VirtualServer, id: string) => server.verb(id, 'activate') },
  {
    verb: 'a recovery of the hook',
    call: (server: VirtualServer, id: string) =>
      server.api('POST /v1/recoveries', { hook_id: id, since: '2026-01-01T00:00:00Z' }),
  },
  {
    verb: 'a recovery of everything',
    call: (server: VirtualServer) => server.api('POST /v1/recoveries', { since: '2026-01-01T00:00:00Z' }),
  },
])('$verb sends one probe within a second, and its success closes the breaker', async ({ call }) => {
  await using server = await startFailing();
  for (let n = 0; n < 4; n += 1) await server.live(MINUTE);
  const before = server.sent().length;
  expect(at((await server.hook(server.id)).breaker.next_probe_at) - server.clock.now()).toBeGreaterThan(
    10 * SECOND,
  );
  expect((await call(server, server.id)).status).toBeLessThan(300);
  await server.live(SECOND);
  expect(server.sent()).toHaveLength(before + 1);
  expect((await server.hook(server.id)).breaker.state).toBe('open');
  server.recover();
  expect((await call(server, server.id)).status).toBeLessThan(300);
  await server.live(2 * SECOND);
  expect((await server.hook(server.id)).breaker.state).toBe('closed');
});

it('pings and tests are sent although the breaker is open, and change nothing about it', async () => {
  await using server = await startFailing();
  server.recover();
  const before = server.sent().length;
  for (const verb of ['ping', 'test']) {
    const { body } = await server.verb(server.id, verb, verb === 'test' ? { event_type: 'a' } : undefined);
    expect(body).toMatchObject({ success: true });
  }
  expect(server.sent()).toHaveLength(before + 2);
  expect((await server.hook(server.id)).breaker.state).toBe('open');
});

it('a delivery that waits for the rate limit shows when its turn comes', async () => {
  await using server = await startVirtualServer();
  const { id } = await server.addHook('/a', { rate_limit: { count: 6, per: 'minute' } });
  expect((await server.hook(id)).rate_limit).toEqual({ count: 6, per: 'minute' });
  for (let n = 0; n < 20; n += 1) await server.send();
  await server.live(SECOND);
  const deliveries = (await server.deliveries(id)).toReversed();
  expect(deliveries[0]).toMatchObject({ status: 'succeeded', waits_for: null });
  expect(deliveries[5]).toMatchObject({ waits_for: { reason: 'rate_limit', until: null } });
  const shown = await Promise.all(deliveries.slice(1).map((delivery) => one(server, delivery)));
  await server.live(5 * MINUTE);
  const sent = server.sentTo('/a').map(({ at: moment }) => moment);
  expect(sent).toHaveLength(20);
  for (const [index, { waits_for }] of shown.entries()) {
    expect(waits_for?.reason).toBe('rate_limit');
    expect(Math.abs(at(waits_for?.until) - sent[index + 1]!)).toBeLessThanOrEqual(2 * SECOND);
  }
});

it('a rate limit is changed and removed at once', async () => {
  await using server = await startVirtualServer();
  const { id } = await server.addHook('/a', { rate_limit: { count: 1, per: 'hour' } });
  for (let n = 0; n < 30; n += 1) await server.send();
  await server.live(MINUTE);
  expect(server.sent()).toHaveLength(1);
  const faster = { rate_limit: { count: 5, per: 'second' } };
  expect((await server.api(`PATCH /v1/webhooks/${id}`, faster)).body).toMatchObject(faster);
  await server.live(3 * SECOND);
  expect(server.sent().length).toBeGreaterThan(8);
  expect(server.sent().length).toBeLessThan(21);
  await server.api(`PATCH /v1/webhooks/${id}`, { rate_limit: null });
  await server.live(2 * SECOND);
  expect(server.sent()).toHaveLength(30);
});

it.each([
  { count: 0, per: 'second' },
  { count: 1.5, per: 'second' },
  { count: 1, per: 'week' },
  { count: 1 },
  'fast',
])('refuses the rate limit %j', async (rate_limit) => {
  await using server = await startVirtualServer();
  const { status, body } = await server.api('POST /v1/webhooks', {
    url: 'https://receiver.example.com/a',
    events: ['*'],
    rate_limit,
  });
  expect(status).toBe(422);
  expect(body.error.issues?.[0]?.path).toMatch(/^rate_limit/);
});

it('the breaker of a hook goes with the hook', async () => {
  await using server = await startFailing();
  expect((await server.api(`DELETE /v1/webhooks/${server.id}`)).status).toBe(204);
  const metrics = await (await server.fetch(new Request('http://bellwire.test/metrics'))).text();
  expect(metrics).toMatch(/^bellwire_breakers_open 0$/m);
});
