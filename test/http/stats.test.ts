import { expect, it } from 'vitest';
import { createClient } from '@bellwire/client';
import { startReceiver } from '../support/receiver.ts';
import { ADMIN_KEY, type RunningServer, startServer, until } from '../support/running-server.ts';
import { runCommand } from '../support/command-line.ts';

interface Counts {
  readonly attempts: number;
  readonly latency: { readonly p50_ms: number | null };
}

interface Answered {
  readonly total: Counts;
  readonly buckets: readonly (Counts & { readonly start: string })[];
  readonly backlog: object;
  readonly from: string;
  readonly to: string;
  readonly step: string;
}

const read = async ({ api }: RunningServer, path: string): Promise<Answered> =>
  (await api(`GET /v1${path}` as 'GET /v1/stats')).body as unknown as Answered;

/** A server that has sent two events of a tenant and one without, of which one failed; and a test of the first hook. */
const startWithAttempts = async (origin: string) => {
  const server = await startServer();
  const good = await server.addHook(`${origin}/good`, { tenant: 'cus_1' });
  const bad = await server.addHook(`${origin}/bad`, { max_attempts: 1 });
  await server.send({ type: 'a', tenant: 'cus_1' });
  await server.send({ type: 'a', tenant: 'cus_1' });
  await server.send({ type: 'a' });
  for (const { id } of await server.deliveries('limit=100')) {
    await server.deliveryIn(id, 'succeeded', 'failed');
  }
  await server.api(`POST /v1/webhooks/${good.id}/ping`);
  await until(
    () => read(server, '/stats'),
    ({ total }) => total.attempts === 3,
  );
  return { server, good, bad };
};

it('statistics show the attempts of a hook, a tenant and the workspace on every surface', async () => {
  await using receiver = await startReceiver((call) => ({ status: call.path === '/bad' ? 500 : 200 }));
  const { server, good, bad } = await startWithAttempts(receiver.origin);
  await using _ = server;
  const of_good = await read(server, `/webhooks/${good.id}/stats?step=1d`);
  expect(of_good.total).toMatchObject({
    attempts: 2,
    succeeded: 2,
    failed: 0,
    server_faults: 0,
    success_rate: 1,
    outcomes: { succeeded: 2, http_status: 0 },
    on_demand: { succeeded: 1, failed: 0 },
  });
  expect(of_good.total.latency.p50_ms).toBeGreaterThan(0);
  expect(of_good.backlog).toEqual({ due: 0, oldest_due_at: null, oldest_due_age_ms: null, is_exact: true });
  const of_bad = await read(server, `/webhooks/${bad.id}/stats`);
  expect(of_bad.total).toMatchObject({ attempts: 1, failed: 1, success_rate: 0 });
  expect((await read(server, '/tenants/cus_1/stats')).total).toEqual(of_good.total);

  const from = new Date(Date.now() - 600_000).toISOString();
  const whole = await read(server, `/stats?from=${from}&step=1m`);
  expect(whole.total).toMatchObject({ attempts: 3, success_rate: 2 / 3, on_demand: { succeeded: 1 } });
  expect(whole.step).toBe('1m');
  expect(whole.buckets.length).toBeGreaterThanOrEqual(11);
  expect(whole.buckets.map(({ attempts }) => attempts).reduce((sum, count) => sum + count)).toBe(3);
  expect([whole.buckets[0]!.start, Date.parse(whole.to) - Date.parse(whole.from)]).toEqual([
    whole.from,
    whole.buckets.length * 60_000,
  ]);

  const client = createClient({ url: server.origin, api_key: ADMIN_KEY });
  expect((await client.hooks.stats(good.id, { step: '1d' })).total).toEqual(of_good.total);
  expect((await client.tenants.stats('cus_1')).total).toEqual(of_good.total);
  expect((await client.stats.get()).total).toEqual(whole.total);

  const env = { BELLWIRE_URL: server.origin, BELLWIRE_API_KEY: ADMIN_KEY };
  const shown = await runCommand(['hooks', 'stats', bad.id, '--from', '30m', '--step', '5m'], { env });
  expect(shown).toMatchObject({ code: 0, stderr: '' });
  expect(shown.stdout).toMatch(/^START +ATTEMPTS +SUCCEEDED +FAILED +SERVER FAULTS +RATE +P50 +P95 +P99\n/);
  expect(shown.stdout).toMatch(/^total +1 +0 +1 +0 +0\.00 % +\d+ ms +\d+ ms +\d+ ms$/m);
  expect(shown.stdout).toMatch(/\nattempts +█ *\nNo delivery is due\.\n$/);
  const table = await runCommand(['stats'], { env });
  expect(table.stdout).toMatch(/^total +3 +2 +1 +0 +66\.66 % /m);
  const printed = await runCommand(['tenants', 'stats', 'cus_1', '--json'], { env });
  expect((JSON.parse(printed.stdout) as Answered).total).toEqual(of_good.total);
});

it('a hook without attempts has empty statistics', async () => {
  await using server = await startServer({ started: false });
  const hook = await server.addHook('http://127.0.0.1:1999/', { active: false });
  await server.send({ type: 'a' });
  const { total, buckets, backlog } = await read(server, `/webhooks/${hook.id}/stats`);
  expect(total).toMatchObject({ attempts: 0, success_rate: null, latency: { p50_ms: null } });
  expect(buckets).toHaveLength(25);
  expect(backlog).toMatchObject({ due: 0 });
  const env = { BELLWIRE_URL: server.origin, BELLWIRE_API_KEY: ADMIN_KEY };
  expect((await runCommand(['hooks', 'stats', hook.id], { env })).stdout).toMatch(
    /^START.*\ntotal +0 +0 +0 +0 +- /,
  );
});

it.each([
  ['/webhooks/wh_unknown/stats', 404, /^There is no hook wh_unknown/],
  ['/tenants/unknown/stats', 404, /^There is no tenant unknown/],
  ['/stats?step=90s', 422, /must be a number of minutes, hours or days/],
  ['/stats?step=1m', 422, /at most 1,000 are possible\. Use `5m`, or a shorter range/],
  ['/stats?from=2026-11-21', 422, /must be a time/],
])('%s is refused with %i and what to do', async (path, status, message) => {
  await using server = await startServer();
  const answer = await server.api(`GET /v1${path}` as 'GET /v1/stats');
  expect(answer.status).toBe(status);
  expect(answer.body.error.message).toMatch(message);
});
