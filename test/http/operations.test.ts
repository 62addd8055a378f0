import { describe, expect, it } from 'vitest';
import { startReceiver } from '../support/receiver.ts';
import { ADMIN_KEY, type RunningServer, startServer, until } from '../support/running-server.ts';

const send = (server: RunningServer, type = 'a', data: object = {}) =>
  server.api('POST /v1/events', { type, data });

const deliveryOf = async (server: RunningServer, event_id: string): Promise<string> =>
  (await server.api(`GET /v1/deliveries?event_id=${event_id}`)).body.data[0]!.id;

/** `name{label="value"}` with its number, line by line. */
const metricsOf = async ({ api }: RunningServer): Promise<ReadonlyMap<string, number>> => {
  const { text } = await api('GET /metrics', undefined, { key: null });
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]));
};

describe('liveness and readiness', () => {
  it('the process is alive before it is ready, and ready once it has started', async () => {
    await using server = await startServer({ started: false });
    const get = async (path: '/healthz' | '/readyz') =>
      (await server.api(`GET ${path}`, undefined, { key: null })).status;
    expect([await get('/healthz'), await get('/readyz')]).toEqual([200, 503]);
    await server.bellwire.start();
    expect([await get('/healthz'), await get('/readyz')]).toEqual([200, 200]);
  });
});

describe('/metrics', () => {
  it('counts what was done, and tells no secret, key, URL or event type', async () => {
    await using server = await startServer();
    await using receiver = await startReceiver((call) => ({ status: call.path === '/bad' ? 500 : 200 }));
    const good = await server.addHook(`${receiver.origin}/good`, { headers: { 'X-A': 'a custom value' } });
    await server.addHook(`${receiver.origin}/bad`, { events: ['very.special'], max_attempts: 1 });
    await server.addHook(receiver.origin, { active: false, events: ['*'] });
    for (const type of ['a', 'a', 'very.special']) await send(server, type);
    const ping = await server.api(`POST /v1/webhooks/${good.id}/ping`);
    const { body } = await server.api('GET /v1/deliveries?limit=100');
    for (const { id } of body.data) await server.deliveryIn(id, 'succeeded', 'failed', 'held');
    await server.deliveryIn(ping.body.delivery_id, 'succeeded');
    await server.api('POST /v1/events', { type: 'a' });

    expect(Object.fromEntries(await metricsOf(server))).toMatchObject({
      bellwire_events_accepted_total: 4,
      bellwire_deliveries_created_total: 8,
      'bellwire_attempts_total{outcome="succeeded"}': 4,
      'bellwire_attempts_total{outcome="http_status"}': 1,
      'bellwire_delivery_steps_total{status="succeeded"}': 4,
      'bellwire_delivery_steps_total{status="failed"}': 1,
      'bellwire_deliveries_open{status="held"}': 3,
      'bellwire_deliveries_open{status="pending"}': 0,
      'bellwire_deliveries_open{status="sending"}': 0,
      bellwire_attempt_duration_seconds_count: 5,
      bellwire_attempts_in_flight: 0,
      bellwire_accepts_waiting: 0,
    });
    const { text, headers } = await server.api('GET /metrics', undefined, { key: null });
    expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
    for (const private_text of [
      good.secret,
      ADMIN_KEY,
      '127.0.0.1',
      'very.special',
      good.id,
      'custom value',
    ]) {
      expect(text).not.toContain(private_text);
    }
  });
});

describe('sending a delivery again', () => {
  it('a failed one goes out once more with the same webhook-id and is then succeeded', async () => {
    await using server = await startServer();
    await using receiver = await startReceiver((_, nth) => ({ status: nth === 1 ? 500 : 200 }));
    await server.addHook(receiver.origin, { max_attempts: 1 });
    const { body: event } = await send(server, 'a', { n: 1 });
    const first = await receiver.next();
    const id = await deliveryOf(server, event.id);
    expect(await server.deliveryIn(id, 'failed')).toMatchObject({ failure_reason: 'exhausted' });
    const retried = await server.api(`POST /v1/deliveries/${id}/retry`);
    expect([retried.status, retried.body]).toEqual([200, { success: true, delivery_id: id }]);
    const second = await receiver.next();
    expect(second.headers['webhook-id']).toBe(first.headers['webhook-id']);
    expect(second.headers['webhook-id']).toBe(event.id);
    expect(second.body).toEqual(first.body);
    const { attempts } = await server.deliveryIn(id, 'succeeded');
    expect(attempts).toMatchObject([
      { number: 1, trigger: 'scheduled', outcome: 'http_status' },
      { number: 2, trigger: 'manual', outcome: 'succeeded' },
    ]);
  });

  it('a canceled one is 409, one under way is 409, an unknown one is 404', async () => {
    await using server = await startServer();
    const release = Promise.withResolvers<void>();
    await using receiver = await startReceiver(async () => {
      await release.promise;
      return { status: 200 };
    });
    const held = await server.addHook(receiver.origin, { active: false });
    const { body: event } = await send(server);
    const canceled = await deliveryOf(server, event.id);
    await server.api(`DELETE /v1/webhooks/${held.id}`);
    const retry = async (id: string) => {
      const { status, body } = await server.api(`POST /v1/deliveries/${id}/retry`);
      return [status, body.error.code];
    };
    expect(await retry(canceled)).toEqual([409, 'delivery_canceled']);
    expect(await retry('dlv_nobody')).toEqual([404, 'not_found']);
    await server.addHook(receiver.origin);
    const { body: slow } = await send(server);
    await receiver.next();
    const under_way = await deliveryOf(server, slow.id);
    expect(await retry(under_way)).toEqual([409, 'delivery_in_flight']);
    release.resolve();
    await server.deliveryIn(under_way, 'succeeded');
  });
});

const entries = async (server: RunningServer, name: string, count: number) => {
  const { body } = await until(
    () => server.api(`GET /inbox/${name}`, undefined, { key: null }),
    (answer) => answer.body.data.length === count,
  );
  return body.data as unknown as { signature: string; headers: Record<string, string>; body: string }[];
};

describe('the inbox', () => {
  const inbox = { settings: { inbox: 'true' } };

  it('is not there unless it is enabled', async () => {
    await using server = await startServer();
    expect((await server.api('POST /inbox/x', 'a')).status).toBe(404);
  });

  it('tells what is verified, what is refused and what comes from elsewhere', async () => {
    await using server = await startServer(inbox);
    const hook = await server.addHook(`${server.origin}/inbox/first`, {
      headers: { 'X-Api-Key': 'a custom value' },
    });
    const { body: event } = await send(server, 'a', { n: 1 });
    await server.deliveryIn(await deliveryOf(server, event.id), 'succeeded');
    const forged = {
      headers: { 'webhook-id': 'evt_x', 'webhook-timestamp': '1', 'webhook-signature': 'v1,AAAA' },
    };
    const refused = await server.api('POST /inbox/first', '{"a":1}', { key: null, ...forged });
    expect(refused.status).toBe(401);
    const unsigned = await server.api('POST /inbox/first', '{"a":2}', { key: null });
    expect(unsigned.status).toBe(401);
    await server.api('PUT /inbox/other', 'whatever', { key: 'a key that is shown to nobody' });
    const first = await entries(server, 'first', 3);
    expect(first.map(({ signature }) => signature)).toEqual(['refused', 'refused', 'verified']);
    expect(JSON.parse(first[2]!.body)).toMatchObject({ type: 'a', data: { n: 1 } });
    expect(first[2]!.headers).toMatchObject({ 'webhook-id': event.id, 'x-api-key': '[secret]' });
    const [other] = await entries(server, 'other', 1);
    expect(other).toMatchObject({ signature: 'unknown', headers: { authorization: '[secret]' } });
    const shown = JSON.stringify([first, other]);
    for (const secret of [hook.secret, 'a custom value', 'shown to nobody'])
      expect(shown).not.toContain(secret);
  });

  it('shows markup as text, in the body, the headers and nowhere else', async () => {
    await using server = await startServer(inbox);
    const evil = '<script>alert(1)</script><img src=x onerror="alert(2)">\'&';
    await server.api('POST /inbox/page', evil, { key: null, headers: { 'x-evil': evil } });
    const { text, headers } = await server.api('GET /inbox/page', undefined, {
      key: null,
      headers: { accept: 'text/html' },
    });
    expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(text.match(/&lt;script/g)).toHaveLength(2);
    expect(text).not.toMatch(/<script|<img/i);
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(headers['x-content-type-options']).toBe('nosniff');
    const bad = await server.api('GET /inbox/%3Cscript%3E', undefined, { headers: { accept: 'text/html' } });
    expect([bad.status, bad.headers['content-type']]).toEqual([404, 'application/json']);
  });
});

it('stopping once more is the same stop', async () => {
  await using server = await startServer();
  const { bellwire } = server;
  await Promise.all([bellwire.stop(), bellwire.stop()]);
  await bellwire.stop();
  expect((await server.api('GET /readyz')).status).toBe(503);
});
