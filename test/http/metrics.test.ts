import { statSync } from 'node:fs';
import { expect, it } from 'vitest';
import { systemClock } from '../../packages/server/src/clock.ts';
import { createMetrics } from '../../packages/server/src/http/metrics.ts';
import { lintMetrics, samplesOf } from '../support/prometheus.ts';
import { startReceiver } from '../support/receiver.ts';
import { ADMIN_KEY, type RunningServer, startServer, until } from '../support/running-server.ts';
import { storage } from '../support/storage.ts';

const NOW = 1_000_000;

/** Metrics over a database that answers the first scrape only. */
const brokenAfterFirst = () => {
  let scrapes = 0;
  const first =
    <T>(value: T) =>
    (): Promise<T> =>
      scrapes === 1 ? Promise.resolve(value) : Promise.reject(new Error('the database is busy'));
  const metrics = createMetrics({
    clock: { ...systemClock, now: () => NOW },
    gauges: () => ({ in_flight: 1, queued: 2, waiting_accepts: 3 }),
    store: {
      openDeliveries: (now) => {
        scrapes += 1;
        return first({ pending: 10, sending: 20, held: 30, due: 4, oldest_due_at: now - 2_500 })();
      },
      openBreakers: first(5),
      fileSizes: first({ database: 4_096, wal: 0, volume: { free_bytes: 8_192, total_bytes: 16_384 } }),
      scrubStatus: first({ completed: 7, is_running: true, has_failed: false }),
    },
    schemaFacts: () => ({ thread_ms: 1_500, ended_threads: 2 }),
    repositories: {
      workspaces: { firstIds: first(['ws_1']) },
      recoveries: { countRunning: first(2) },
      erasures: { countRunning: first(1) },
    },
  });
  return { metrics, scrapes: () => scrapes };
};

it('a scrape reads the database once; if that fails, it omits only what it could not read', async () => {
  const { metrics, scrapes } = brokenAfterFirst();
  const gauges = {
    bellwire_attempts_in_flight: 1,
    bellwire_deliveries_queued: 2,
    bellwire_accepts_waiting: 3,
    bellwire_schema_thread_seconds_total: 1.5,
    bellwire_schema_threads_ended_total: 2,
    'bellwire_attempts_total{workspace="ws_1",outcome="succeeded"}': 0,
  };
  const stored = {
    'bellwire_deliveries_open{status="pending"}': 10,
    'bellwire_deliveries_open{status="sending"}': 20,
    'bellwire_deliveries_open{status="held"}': 30,
    bellwire_deliveries_due: 4,
    bellwire_oldest_due_delivery_age_seconds: 2.5,
    bellwire_breakers_open: 5,
    'bellwire_database_size_bytes{file="database"}': 4_096,
    'bellwire_database_size_bytes{file="wal"}': 0,
    bellwire_disk_free_bytes: 8_192,
    bellwire_scrub_passes_total: 7,
    bellwire_scrub_running: 1,
    bellwire_scrub_failed: 0,
    'bellwire_jobs_running{kind="recovery"}': 2,
    'bellwire_jobs_running{kind="erasure"}': 1,
  };
  const [text, same] = await Promise.all([metrics.text(), metrics.text()]);
  expect(same).toBe(text);
  expect(scrapes()).toBe(1);
  expect(samplesOf(text)).toMatchObject({ ...gauges, ...stored });

  const without = samplesOf(await metrics.text());
  expect(without).toMatchObject(gauges);
  expect(Object.keys(without).filter((name) => name in stored)).toEqual([]);
});

it('only 100 workspaces have their own label; the attempts of the rest count as other', async () => {
  const { metrics } = brokenAfterFirst();
  const attempt = { kind: 'attempted', fault: null, trigger: 'scheduled', outcome: 'succeeded' } as const;
  for (let number = 1; number <= 150; number += 1) {
    metrics.observe({ ...attempt, workspace_id: `ws_${number}`, duration_ms: 1, status: 'succeeded' });
  }
  const samples = samplesOf(await metrics.text());
  const labels = Object.keys(samples).filter((name) => /^bellwire_attempts_total.*"succeeded"/.test(name));
  expect(labels).toHaveLength(101);
  expect(samples['bellwire_attempts_total{workspace="ws_100",outcome="succeeded"}']).toBe(1);
  expect(samples['bellwire_attempts_total{workspace="other",outcome="succeeded"}']).toBe(50);
});

/** The size of a file of SQLite. Only the server of PostgreSQL knows the sizes of its own. */
const sizeOf = ({ database_path }: RunningServer, suffix: '' | '-wal'): unknown =>
  storage === 'SQLite' ? statSync(database_path + suffix).size : expect.any(Number);

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
  const [failed] = await server.deliveries('status=failed');
  await server.api(`POST /v1/deliveries/${failed!.id}/retry`);
  await server.api('POST /v1/events', { type: 'a' });

  // Until nothing is written in between, such as the last use of the key.
  const { text, headers } = await until(
    () => server.api('GET /metrics', undefined, { key: null }),
    (answer) =>
      storage === 'PostgreSQL' ||
      samplesOf(answer.text)['bellwire_database_size_bytes{file="wal"}'] === sizeOf(server, '-wal'),
  );
  expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
  expect(samplesOf(text)).toMatchObject({
    'bellwire_events_accepted_total{trigger="scheduled"}': 3,
    'bellwire_events_accepted_total{trigger="ping"}': 1,
    'bellwire_deliveries_created_total{trigger="scheduled"}': 7,
    'bellwire_deliveries_created_total{trigger="ping"}': 1,
    'bellwire_attempts_total{workspace="ws_default",outcome="succeeded"}': 3,
    'bellwire_attempts_total{workspace="ws_default",outcome="http_status"}': 1,
    'bellwire_on_demand_attempts_total{trigger="ping",outcome="succeeded"}': 1,
    'bellwire_on_demand_attempts_total{trigger="manual",outcome="http_status"}': 1,
    'bellwire_delivery_steps_total{trigger="scheduled",status="succeeded"}': 3,
    'bellwire_delivery_steps_total{trigger="scheduled",status="failed"}': 1,
    'bellwire_deliveries_open{status="held"}': 3,
    'bellwire_deliveries_open{status="pending"}': 0,
    'bellwire_deliveries_open{status="sending"}': 0,
    bellwire_deliveries_due: 0,
    bellwire_attempt_duration_seconds_count: 4,
    bellwire_attempts_in_flight: 0,
    bellwire_accepts_waiting: 0,
    'bellwire_database_size_bytes{file="database"}': sizeOf(server, ''),
    'bellwire_database_size_bytes{file="wal"}': sizeOf(server, '-wal'),
  });
  const hidden = [good.secret, ADMIN_KEY, '127.0.0.1', 'very.special', good.id, 'custom value'];
  for (const private_text of hidden) expect(text).not.toContain(private_text);
});

it('requests are measured by the template of their route, never by their path', async () => {
  await using server = await startServer();
  await server.api('GET /v1/webhooks/wh_unknown');
  await server.api('GET /api/v1/webhooks/wh_unknown');
  await server.api('GET /no/such-page');
  await server.api('PATCH /v1/events');
  await server.api('POST /v1/events', 'x'.repeat(2_000_000), {
    headers: { 'content-type': 'application/json' },
  });
  await server.send();
  const { text } = await server.api('GET /metrics');
  const count = (method: string, route: string, status: string): number | undefined =>
    samplesOf(text)[
      `bellwire_http_request_duration_seconds_count{method="${method}",route="${route}",status="${status}"}`
    ];
  expect(count('GET', '/v1/webhooks/{hook_id}', '4xx')).toBe(2);
  expect(count('POST', '/v1/events', '2xx')).toBe(1);
  expect(count('POST', '/v1/events', '4xx')).toBe(1);
  expect(count('other', 'other', '4xx')).toBe(2);
  for (const path of ['wh_unknown', 'such-page', '/api/v1']) expect(text).not.toContain(path);
});

it('every series exists from the first scrape, and all are named and described as Prometheus expects', async () => {
  await using server = await startServer();
  await using receiver = await startReceiver();
  const { body: workspace } = await server.api('POST /v1/workspaces', { name: 'second' });
  const { text: first } = await server.api('GET /metrics');
  expect(lintMetrics(first)).toEqual([]);
  expect(first).toContain(`bellwire_attempts_total{workspace="${workspace.id}",outcome="timeout"} 0\n`);

  const hook = await server.addHook(receiver.origin);
  await server.send();
  const ping = await server.api(`POST /v1/webhooks/${hook.id}/ping`);
  await server.deliveryIn(ping.body.delivery_id, 'succeeded');
  const { text: second } = await server.api('GET /metrics');
  expect(lintMetrics(second)).toEqual([]);
  const known = new Set(Object.keys(samplesOf(first)));
  expect(Object.keys(samplesOf(second)).filter((name) => !known.has(name))).toEqual([]);
});

const lintLines = (lines: readonly string[]): readonly string[] => lintMetrics(`${lines.join('\n')}\n`);

it('the lint finds what promtool would', () => {
  const good = ['# HELP a_total A.', '# TYPE a_total counter', 'a_total{b="c"} 1'];
  expect(lintLines(good)).toEqual([]);
  expect(lintLines(good.slice(1))).toEqual(['a_total: no HELP']);
  expect(lintLines(good.slice(2))).toEqual(['a_total: no HELP', 'a_total: no TYPE']);
  expect(lintLines([...good, 'a_total{b="c"} 2'])).toEqual(['a_total{b="c"}: duplicate series']);
  const named = (name: string, type: string) =>
    lintLines([`# HELP ${name} A.`, `# TYPE ${name} ${type}`, `${name} 1`]);
  expect(named('a', 'counter')).toEqual(['a: a counter ends in _total']);
  expect(named('a_total', 'gauge')).toEqual(['a_total: only a counter ends in _total']);
  expect(named('a_milliseconds', 'gauge')).toEqual(['a_milliseconds: use seconds and bytes']);
  expect(named('aB', 'gauge')).toEqual(['aB: the name is not snake_case']);
});
