import { expect, it } from 'vitest';
import type { Script } from '../support/scripted-transport.ts';
import { storage } from '../support/storage.ts';
import { startVirtualServer, type VirtualServer } from '../support/virtual-server.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** When resource-api sends its five attempts. */
const ATTEMPTS = [0, MINUTE, 6 * MINUTE, 36 * MINUTE, 156 * MINUTE];
const LAST = ATTEMPTS.at(-1)!;

const failing: Script = () => ({ status: 500 });
const unresolvable: Script = () => ({ outcome: { kind: 'interrupted', fault: 'RESOLVER_DOWN' } });

/** A server with one hook of resource-api. */
const withHook = async (script: Script, fields: object = {}) => {
  const server = await startVirtualServer({ script });
  const { id } = await server.addHook('/', { dialect: 'resource-api', ...fields });
  return { server, id };
};

const countsOf = async (server: VirtualServer, id: string): Promise<Readonly<Record<string, number>>> => {
  const counts: Record<string, number> = {};
  for (const { status } of await server.deliveries(id)) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
};

const exhausted = { status: 'disabled', active: false, disabled_reason: 'attempts_exhausted' };

it('resource-api: the fifth failed attempt of one delivery disables its hook, and not the fourth', async () => {
  const { server, id } = await withHook(failing);
  await using _ = server;
  const start = server.clock.now();
  const moments = () => server.sent().map(({ at }) => at - start);
  await server.send();
  await server.live(LAST - 1);
  expect(moments()).toEqual(ATTEMPTS.slice(0, 4));
  expect(await server.hook(id)).toMatchObject({ status: 'active', disabled_reason: null });
  await server.live(1);
  expect(moments()).toEqual(ATTEMPTS);
  expect(await server.hook(id)).toMatchObject(exhausted);
  expect(await server.deliveries(id)).toMatchObject([{ status: 'failed', failure_reason: 'exhausted' }]);
});

it('the audit log says that Bellwire disabled a hook, and why', async () => {
  const { server, id } = await withHook(failing, { tenant: 'cus_1' });
  await using _ = server;
  await server.send('order.created', { tenant: 'cus_1' });
  await server.live(LAST);
  const { data } = (await server.api(`GET /v1/audit?subject=${id}`)).body;
  expect(data).toMatchObject([
    {
      action: 'hook.disabled',
      by: 'bellwire',
      at: new Date(server.clock.now()).toISOString(),
      before: { status: 'active', disabled_reason: null },
      after: { status: 'disabled', disabled_reason: 'attempts_exhausted' },
    },
    { action: 'hook.created' },
  ]);
});

it('resource-api: five failed attempts of five deliveries disable nothing', async () => {
  const { server, id } = await withHook(failing);
  await using _ = server;
  for (let event = 0; event < 5; event += 1) await server.send();
  await server.live(SECOND);
  expect(server.sent()).toHaveLength(5);
  expect(await server.hook(id)).toMatchObject({ status: 'active', consecutive_failures: 5 });
});

it('resource-api: failed manual attempts, pings and tests do not count as failures of the hook', async () => {
  const { server, id } = await withHook(failing);
  await using _ = server;
  await server.send();
  const [delivery] = await server.deliveries(id);
  for (let time = 0; time < 10; time += 1) {
    expect((await server.api(`POST /v1/deliveries/${delivery!.id}/retry`)).status).toBe(200);
    await server.clock.settle();
    for (const verb of ['ping', 'test']) await server.verb(id, verb);
    await server.clock.settle();
  }
  expect(server.sent()).toHaveLength(31);
  expect(await server.hook(id)).toMatchObject({ status: 'active', consecutive_failures: 1 });
  const shown = (await server.api(`GET /v1/deliveries/${delivery!.id}`)).body;
  expect(shown).toMatchObject({ status: 'pending', attempt_count: 11 });
  await server.live(LAST);
  expect(server.sent()).toHaveLength(31 + 4);
  expect(await server.hook(id)).toMatchObject(exhausted);
});

it('a disabled hook holds its other deliveries and later events; activation sends new events, a recovery the held ones', async () => {
  let isUp = false;
  const { server, id } = await withHook(() => ({ status: isUp ? 200 : 500 }));
  await using _ = server;
  const since = new Date(server.clock.now()).toISOString();
  const recover = async (fields: object = {}) =>
    (await server.api('POST /v1/recoveries', { hook_id: id, since, ...fields })).body;
  await server.send();
  await server.live(HOUR);
  await server.send();
  await server.live(2 * HOUR);
  expect(await countsOf(server, id)).toEqual({ failed: 1, held: 1 });
  const before = server.sent().length;
  await server.send();
  await server.live(DAY);
  expect(await countsOf(server, id)).toEqual({ failed: 1, held: 2 });
  expect(server.sent()).toHaveLength(before);
  for (const held of (await server.deliveries(id)).slice(0, 2)) {
    expect(held).toMatchObject({ status: 'held', next_attempt_at: null, failure_reason: null });
  }
  expect(await recover({ dry_run: true })).toMatchObject({ total: 3, counts: { failed: 1, held: 2 } });
  expect((await recover()).error).toMatchObject({ code: 'hook_not_active' });

  isUp = true;
  const activated = await server.verb(id, 'activate');
  expect(activated.body).toMatchObject({
    status: 'active',
    disabled_reason: null,
    consecutive_failures: 0,
    held: 2,
    recovery_id: null,
  });
  await server.live(MINUTE);
  expect(server.sent()).toHaveLength(before);
  await server.send();
  expect(server.sent()).toHaveLength(before + 1);
  expect(await recover()).toMatchObject({ status: 'running' });
  await server.live(MINUTE);
  expect(await countsOf(server, id)).toEqual({ succeeded: 4 });
});

it('a reactivated hook is disabled again only after a complete schedule of failures', async () => {
  const { server, id } = await withHook(failing);
  await using _ = server;
  await server.send();
  await server.live(3 * HOUR);
  await server.verb(id, 'activate');
  await server.send();
  await server.live(LAST - 1);
  expect(await server.hook(id)).toMatchObject({ status: 'active', consecutive_failures: 4 });
  await server.live(1);
  expect(await server.hook(id)).toMatchObject(exhausted);
});

it('resource-api: with max_attempts 2 the second failed attempt disables the hook', async () => {
  const { server, id } = await withHook(failing, { max_attempts: 2 });
  await using _ = server;
  await server.send();
  await server.live(MINUTE - 1);
  expect(await server.hook(id)).toMatchObject({ status: 'active' });
  await server.live(1);
  expect(await server.hook(id)).toMatchObject(exhausted);
});

it.each(['standard', 'resource-api', 'activities'])(
  '%s: a 410 fails its delivery, disables the hook for good and holds the rest; other hooks continue',
  async (dialect) => {
    let isGone = false;
    await using server = await startVirtualServer({
      script: ({ url }) => ({ status: isGone && url.endsWith('/gone') ? 410 : 500 }),
    });
    const { id } = await server.addHook('/gone', { dialect });
    const other = await server.addHook('/other', { dialect });
    await server.send();
    await server.live(SECOND);
    await server.send();
    isGone = true;
    await server.live(HOUR);
    expect(await server.hook(id)).toMatchObject({ status: 'disabled', disabled_reason: 'gone_410' });
    expect(await server.deliveries(id)).toMatchObject([
      { status: 'held', failure_reason: null, attempt_count: 1 },
      { status: 'failed', failure_reason: 'hook_gone', attempt_count: 2 },
    ]);
    expect(await server.hook(other.id)).toMatchObject({ status: 'active' });
    expect(await countsOf(server, other.id)).toEqual({ pending: 2 });
    await server.live(7 * DAY);
    expect(server.sentTo('/gone')).toHaveLength(3);
  },
);

interface Regular {
  readonly days: number;
  readonly per_day: number;
  readonly script?: Script;
}

/** The state of a standard hook with regular events, each attempted once. */
const afterEvents = async ({ days, per_day, script = failing }: Regular) => {
  const { server, id } = await withHook(script, { dialect: 'standard', max_attempts: 1 });
  await using _ = server;
  for (let event = 0; event < days * per_day; event += 1) {
    await server.send();
    await server.live(DAY / per_day);
  }
  await server.send();
  // The breaker is open: the event is the next probe.
  await server.live(2 * SECOND);
  const { status, disabled_reason, consecutive_failures } = await server.hook(id);
  return { status, disabled_reason, consecutive_failures, sent: server.sent().length };
};

it.each([
  // The five days begin with the first failure.
  { days: 4.75, per_day: 4, sent: 20, status: 'active' },
  { days: 5, per_day: 4, sent: 21, status: 'disabled' },
  { days: 6, per_day: 3, sent: 19, status: 'active' },
  { days: 9.5, per_day: 2, sent: 20, status: 'disabled' },
  { days: 4.5, per_day: 20, sent: 91, status: 'active' },
])(
  'standard: after $days days of only failures, $sent in total, a hook is $status: it takes five days and twenty attempts',
  async ({ days, per_day, ...expected }) => {
    const disabled_reason = expected.status === 'disabled' ? 'failing' : null;
    expect(await afterEvents({ days, per_day })).toMatchObject({ ...expected, disabled_reason });
  },
);

it('standard: one success within seven days of failures keeps a hook active', async () => {
  let requests = 0;
  const script: Script = () => ({ status: (requests += 1) === 15 ? 200 : 500 });
  expect(await afterEvents({ days: 7, per_day: 4, script })).toMatchObject({ status: 'active' });
});

it('standard: failures of our own resolver do not count as failures of a hook', async () => {
  const expected = { status: 'active', consecutive_failures: 0 };
  // Each is tried again within minutes: on PostgreSQL, a week of that takes minutes itself.
  const days = storage === 'SQLite' ? 7 : 1;
  expect(await afterEvents({ days, per_day: 4, script: unresolvable })).toMatchObject(expected);
});

it('standard: a hook that fails for five days holds its pending deliveries and later events', async () => {
  const { server, id } = await withHook(failing, { dialect: 'standard' });
  await using _ = server;
  for (let event = 0; event < 28; event += 1) {
    await server.send();
    await server.live(DAY / 4);
  }
  expect(await server.hook(id)).toMatchObject({ status: 'disabled', disabled_reason: 'failing' });
  const deliveries = await server.deliveries(id);
  expect(deliveries[0]).toMatchObject({ status: 'held', attempt_count: 0 });
  const held = deliveries.filter(({ status }) => status === 'held');
  expect(held.filter(({ attempt_count }) => attempt_count > 0)).not.toEqual([]);
  expect(deliveries.filter(({ status }) => !['held', 'failed'].includes(status))).toEqual([]);
});
