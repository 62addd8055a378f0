import { expect, it } from 'vitest';
import { createMetrics } from '../../packages/server/src/http/metrics.ts';
import { startReceiver } from '../support/receiver.ts';
import { ADMIN_KEY, startServer } from '../support/running-server.ts';

it('a scrape counts the open deliveries once and shows them by status; if that fails, it omits only them', async () => {
  const counts: (() => Promise<{ pending: number; sending: number; held: number }>)[] = [
    () => Promise.resolve({ pending: 10, sending: 20, held: 30 }),
    () => Promise.reject(new Error('the database is busy')),
  ];
  const metrics = createMetrics({
    gauges: () => ({ in_flight: 1, queued: 2, waiting_accepts: 3 }),
    openDeliveries: () => counts.shift()!(),
  });
  const gauges = [
    'bellwire_attempts_in_flight 1',
    'bellwire_deliveries_queued 2',
    'bellwire_accepts_waiting 3',
  ];
  expect((await metrics.text()).split('\n')).toEqual(
    expect.arrayContaining([
      ...gauges,
      'bellwire_deliveries_open{status="pending"} 10',
      'bellwire_deliveries_open{status="sending"} 20',
      'bellwire_deliveries_open{status="held"} 30',
    ]),
  );
  expect(counts).toHaveLength(1);

  const text = await metrics.text();
  expect(text.split('\n')).toEqual(expect.arrayContaining(gauges));
  expect(text).not.toContain('bellwire_deliveries_open{');
});

it('/metrics counts events, deliveries and attempts, and shows no secret, key, URL or event type', async () => {
  await using server = await startServer();
  await using receiver = await startReceiver((call) => ({ status: call.path === '/bad' ? 500 : 200 }));
  const good = await server.addHook(`${receiver.origin}/good`, { headers: { 'X-A': 'a custom value' } });
  await server.addHook(`${receiver.origin}/bad`, { events: ['very.special'], max_attempts: 1 });
  await server.addHook(receiver.origin, { active: false });
  for (const type of ['a', 'a', 'very.special']) await server.send({ type });
  const ping = await server.api(`POST /v1/webhooks/${good.id}/ping`);
  for (const { id } of await server.deliveries('limit=100')) {
    await server.deliveryIn(id, 'succeeded', 'failed', 'held');
  }
  await server.deliveryIn(ping.body.delivery_id, 'succeeded');
  await server.api('POST /v1/events', { type: 'a' });

  const { text, headers } = await server.api('GET /metrics', undefined, { key: null });
  expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
  const samples = text.matchAll(/^([^#].*) (\S+)$/gm);
  expect(Object.fromEntries([...samples].map(([, name, value]) => [name, Number(value)]))).toMatchObject({
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
  const hidden = [good.secret, ADMIN_KEY, '127.0.0.1', 'very.special', good.id, 'custom value'];
  for (const private_text of hidden) expect(text).not.toContain(private_text);
});
