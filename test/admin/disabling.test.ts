import { expect, it } from 'vitest';
import { startVirtualServer, type VirtualServer } from '../support/virtual-server.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** When the attempts at an event are made that is sent at once, by the delays between them. */
const moments = (...delays: readonly number[]): readonly number[] => {
  let at = 0;
  return [0, ...delays].map((delay) => (at += delay));
};

const FIVE = moments(MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR);

const hookOf = async (server: VirtualServer, id: string) => (await server.api(`GET /v1/webhooks/${id}`)).body;

const deliveriesOf = async (server: VirtualServer, id: string) =>
  (await server.api(`GET /v1/webhooks/${id}/deliveries?limit=1000`)).body.data;

/** How many deliveries of a hook are in each status. */
const countsOf = async (server: VirtualServer, id: string): Promise<Readonly<Record<string, number>>> => {
  const counts: Record<string, number> = {};
  for (const { status } of await deliveriesOf(server, id)) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
};

const since = (server: VirtualServer, path: string, start: number): readonly number[] =>
  server.sentTo(path).map(({ at }) => at - start);

const failing = () => ({ status: 500 }) as const;

it('resource-api: the fifth failed attempt of one delivery disables its hook, and not the fourth', async () => {
  await using server = await startVirtualServer({ script: failing });
  const { id } = await server.addHook('/', { dialect: 'resource-api' });
  const start = server.clock.now();
  await server.send();
  await server.live(FIVE.at(-1)! - 1);
  expect(since(server, '/', start)).toEqual(FIVE.slice(0, 4));
  expect(await hookOf(server, id)).toMatchObject({ status: 'active', disabled_reason: null });
  await server.live(1);
  expect(since(server, '/', start)).toEqual(FIVE);
  expect(await hookOf(server, id)).toMatchObject({
    status: 'disabled',
    active: false,
    disabled_reason: 'attempts_exhausted',
  });
  expect(await deliveriesOf(server, id)).toMatchObject([{ status: 'failed', failure_reason: 'exhausted' }]);
});

it('resource-api: five failed attempts of five deliveries disable nothing', async () => {
  await using server = await startVirtualServer({ script: failing });
  const { id } = await server.addHook('/', { dialect: 'resource-api' });
  for (let event = 0; event < 5; event += 1) await server.send();
  await server.live(SECOND);
  expect(server.sent()).toHaveLength(5);
  expect(await hookOf(server, id)).toMatchObject({ status: 'active', consecutive_failures: 5 });
});

it('resource-api: attempts by hand, pings and tests that fail bring the fifth no nearer', async () => {
  await using server = await startVirtualServer({ script: failing });
  const { id } = await server.addHook('/', { dialect: 'resource-api' });
  await server.send();
  const [delivery] = await deliveriesOf(server, id);
  for (let time = 0; time < 10; time += 1) {
    expect((await server.api(`POST /v1/deliveries/${delivery!.id}/retry`)).status).toBe(200);
    await server.clock.settle();
    for (const trial of ['ping', 'test']) await server.api(`POST /v1/webhooks/${id}/${trial}`);
    await server.clock.settle();
  }
  expect(server.sent()).toHaveLength(31);
  expect(await hookOf(server, id)).toMatchObject({ status: 'active', consecutive_failures: 1 });
  const shown = (await server.api(`GET /v1/deliveries/${delivery!.id}`)).body;
  expect(shown).toMatchObject({ status: 'pending', attempt_count: 11 });
  await server.live(FIVE.at(-1)!);
  expect(server.sent()).toHaveLength(31 + 4);
  expect(await hookOf(server, id)).toMatchObject({ disabled_reason: 'attempts_exhausted' });
});

it('what else waits for a hook that is disabled becomes held, and so does what comes later', async () => {
  await using server = await startVirtualServer({ script: failing });
  const { id } = await server.addHook('/', { dialect: 'resource-api' });
  await server.send();
  await server.live(HOUR);
  await server.send();
  await server.send();
  await server.live(2 * HOUR);
  expect(await countsOf(server, id)).toEqual({ failed: 1, held: 2 });
  const sent = server.sent().length;
  await server.send();
  await server.live(DAY);
  expect(await countsOf(server, id)).toEqual({ failed: 1, held: 3 });
  expect(server.sent()).toHaveLength(sent);
  for (const held of (await deliveriesOf(server, id)).filter(({ status }) => status === 'held')) {
    expect(held).toMatchObject({ next_attempt_at: null, failure_reason: null });
  }
});

it('a disabled hook that is activated gets new events at once, and what was held when it is replayed', async () => {
  let isUp = false;
  await using server = await startVirtualServer({ script: () => ({ status: isUp ? 200 : 500 }) });
  const { id } = await server.addHook('/', { dialect: 'resource-api' });
  const start = new Date(server.clock.now()).toISOString();
  await server.send();
  await server.live(HOUR);
  await server.send();
  await server.live(2 * HOUR);
  await server.send();
  const replay = (fields: object) =>
    server.api(`POST /v1/webhooks/${id}/replay`, { since: start, ...fields });
  await server.live(1);
  expect((await replay({ dry_run: true })).body).toEqual({ count: 3, replayed: 0 });
  expect((await replay({})).body.error).toMatchObject({ code: 'hook_not_active' });

  isUp = true;
  const before = server.sent().length;
  const activated = await server.api(`POST /v1/webhooks/${id}/activate`);
  expect(activated.body).toMatchObject({ status: 'active', disabled_reason: null, consecutive_failures: 0 });
  await server.live(MINUTE);
  expect(server.sent()).toHaveLength(before);
  await server.send();
  expect(server.sent()).toHaveLength(before + 1);
  expect((await replay({})).body).toEqual({ count: 3, replayed: 3 });
  await server.live(MINUTE);
  expect(await countsOf(server, id)).toEqual({ succeeded: 4 });
});

it('a hook that was activated again is disabled again only by a whole new schedule of failures', async () => {
  await using server = await startVirtualServer({ script: failing });
  const { id } = await server.addHook('/', { dialect: 'resource-api' });
  await server.send();
  await server.live(3 * HOUR);
  await server.api(`POST /v1/webhooks/${id}/activate`);
  await server.send();
  await server.live(FIVE.at(-1)! - 1);
  expect(await hookOf(server, id)).toMatchObject({ status: 'active', consecutive_failures: 4 });
  await server.live(1);
  expect(await hookOf(server, id)).toMatchObject({ disabled_reason: 'attempts_exhausted' });
});

const STANDARD = [5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR];

it.each([
  { max_attempts: 1, delays: [] },
  { max_attempts: 3, delays: STANDARD.slice(0, 2) },
  { max_attempts: 9, delays: STANDARD },
  { max_attempts: 12, delays: [...STANDARD, DAY, DAY, DAY] },
])(
  'activities: $max_attempts attempts in all, the schedule cut short or its last delay repeated',
  async ({ max_attempts, delays }) => {
    await using server = await startVirtualServer({ script: failing });
    const { id } = await server.addHook('/', { dialect: 'activities', max_attempts });
    const start = server.clock.now();
    await server.send();
    await server.live(30 * DAY);
    expect(since(server, '/', start)).toEqual(moments(...delays));
    expect(await deliveriesOf(server, id)).toMatchObject([
      { status: 'failed', failure_reason: 'exhausted', attempt_count: max_attempts },
    ]);
    expect(await hookOf(server, id)).toMatchObject({ status: 'active' });
  },
);

it('a hook of resource-api with fewer attempts of its own is disabled by the last of them', async () => {
  await using server = await startVirtualServer({ script: failing });
  const { id } = await server.addHook('/', { dialect: 'resource-api', max_attempts: 2 });
  await server.send();
  await server.live(MINUTE - 1);
  expect(await hookOf(server, id)).toMatchObject({ status: 'active' });
  await server.live(1);
  expect(await hookOf(server, id)).toMatchObject({ disabled_reason: 'attempts_exhausted' });
});

it.each(['standard', 'resource-api', 'activities'])(
  '%s: a 410 fails its delivery, disables the hook and holds the rest; other hooks go on',
  async (dialect) => {
    let isGone = false;
    await using server = await startVirtualServer({
      script: ({ url }) => ({ status: isGone && url.endsWith('/gone') ? 410 : 503 }),
    });
    const { id } = await server.addHook('/gone', { dialect });
    const other = await server.addHook('/other', { dialect });
    await server.send();
    await server.live(SECOND);
    await server.send();
    isGone = true;
    await server.live(HOUR);
    expect(await hookOf(server, id)).toMatchObject({ status: 'disabled', disabled_reason: 'gone_410' });
    expect(await deliveriesOf(server, id)).toMatchObject([
      { status: 'held', failure_reason: null, attempt_count: 1 },
      { status: 'failed', failure_reason: 'hook_gone', attempt_count: 2 },
    ]);
    expect(server.sentTo('/gone')).toHaveLength(3);
    expect(await hookOf(server, other.id)).toMatchObject({ status: 'active' });
    expect(await countsOf(server, other.id)).toEqual({ pending: 2 });
  },
);

/** A hook that fails each of the events that it gets, so many a day, for some days. */
const failingFor = async (days: number, per_day: number, max_attempts: number): Promise<string> => {
  await using server = await startVirtualServer({ script: failing });
  const { id } = await server.addHook('/', { max_attempts });
  for (let event = 0; event < days * per_day; event += 1) {
    await server.send();
    await server.live(DAY / per_day);
  }
  await server.send();
  return [(await hookOf(server, id)).status, server.sent().length].join(' after ');
};

it('standard: nothing but failures disable a hook after five days and twenty attempts, both of them', async () => {
  // The first failure begins the five days: the one that disables is made five days after it, or is the twentieth.
  expect(await failingFor(4.75, 4, 1)).toBe('active after 20');
  expect(await failingFor(5, 4, 1)).toBe('disabled after 21');
  expect(await failingFor(6, 3, 1)).toBe('active after 19');
  expect(await failingFor(9.5, 2, 1)).toBe('disabled after 20');
  expect(await failingFor(4.5, 20, 1)).toBe('active after 91');
});
