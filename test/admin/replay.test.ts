import { describe, expect, it } from 'vitest';
import { startVirtualServer } from '../support/virtual-server.ts';
import { counted, deliveriesOf, eventsAt, iso, replay, verb } from '../support/replaying.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * A hook that failed one event, succeeded with one, holds two, and never got three that it now subscribes to; then it
 * is active and its receiver is well. Between any two events lies a minute.
 */
const missedSome = async () => {
  let isUp = false;
  const server = await startVirtualServer({ script: () => ({ status: isUp ? 200 : 500 }) });
  const { id } = await server.addHook('/', { events: ['a'], max_attempts: 1 });
  const send = async (type: string, fields: object = {}): Promise<string> => {
    const event = await server.send(type, fields);
    await server.live(MINUTE);
    return event;
  };
  const failed = [await send('a')];
  isUp = true;
  const succeeded = [await send('a')];
  await verb(server, id, 'deactivate');
  const held = [await send('a'), await send('a')];
  const never_attempted = [await send('b'), await send('b'), await send('b.c')];
  await send('not.subscribed');
  await server.api(`PATCH /v1/webhooks/${id}`, { events: ['a', 'b', 'b.*'], active: true });
  const before = server.sentTo('/').length;
  return {
    server,
    id,
    send,
    events: { failed, succeeded, held, never_attempted },
    /** The events that came since, in any order. */
    came: async (): Promise<readonly string[]> => {
      await server.live(MINUTE);
      return eventsAt(server, '/', before).toSorted();
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
};

describe('what a replay sends', () => {
  it.each(['held', 'failed', 'never_attempted'] as const)(
    'of %s: those alone, counted first',
    async (status) => {
      await using hook = await missedSome();
      const wanted = hook.events[status];
      expect(await counted(hook.server, hook.id, { status })).toBe(wanted.length);
      const { body } = await replay(hook.server, hook.id, { status });
      expect(body).toEqual({ count: wanted.length, replayed: wanted.length });
      expect(await hook.came()).toEqual(wanted.toSorted());
    },
  );

  it('of no state in particular: all three, under the ids that the events have', async () => {
    await using hook = await missedSome();
    const { held, failed, never_attempted } = hook.events;
    const wanted = [...held, ...failed, ...never_attempted];
    expect((await replay(hook.server, hook.id)).body).toEqual({ count: 6, replayed: 6 });
    expect(await hook.came()).toEqual(wanted.toSorted());
    expect(await counted(hook.server, hook.id)).toBe(0);
    expect((await replay(hook.server, hook.id)).body).toEqual({ count: 0, replayed: 0 });
  });

  it('a dry run counts in every state of the hook, and neither sends nor changes anything', async () => {
    await using hook = await missedSome();
    const before = await deliveriesOf(hook.server, hook.id);
    for (const name of ['activate', 'deactivate']) {
      await verb(hook.server, hook.id, name);
      expect(await counted(hook.server, hook.id)).toBe(6);
    }
    await verb(hook.server, hook.id, 'activate');
    expect(await hook.came()).toEqual([]);
    expect(await deliveriesOf(hook.server, hook.id)).toEqual(before);
  });

  it('an event from before the hook was made is one that it never got', async () => {
    await using server = await startVirtualServer();
    const event = await server.send('a');
    await server.live(HOUR);
    const { id } = await server.addHook('/late');
    await server.live(1);
    expect((await replay(server, id)).body).toEqual({ count: 1, replayed: 1 });
    await server.live(MINUTE);
    expect(eventsAt(server, '/late')).toEqual([event]);
  });

  it('an event that was addressed to other hooks, a ping and a test are never replayed', async () => {
    await using server = await startVirtualServer({ script: () => ({ status: 500 }) });
    const { id } = await server.addHook('/', { max_attempts: 1 });
    const other = await server.addHook('/other', { max_attempts: 1 });
    await server.send('a', { hook_ids: [other.id] });
    for (const hook of [id, other.id]) for (const trial of ['ping', 'test']) await verb(server, hook, trial);
    await server.live(MINUTE);
    expect(await deliveriesOf(server, id)).toMatchObject([
      { trigger: 'test', status: 'failed' },
      { trigger: 'ping', status: 'failed' },
    ]);
    expect(await counted(server, id)).toBe(0);
    expect(await counted(server, other.id, { status: 'failed' })).toBe(1);
    const before = server.sentTo('/').length;
    await replay(server, id);
    await server.live(MINUTE);
    expect(server.sentTo('/')).toHaveLength(before);
  });

  it('a hook gets what was sent in its own workspace', async () => {
    await using server = await startVirtualServer();
    const other = await server.addWorkspace('q2');
    await server.api('POST /v1/events', { type: 'a', data: {} }, other);
    const { id } = await server.addHook('/');
    await server.live(1);
    expect(await counted(server, id)).toBe(0);
    expect((await server.api(`POST /v1/webhooks/${id}/replay`, { since: iso(0) }, other)).status).toBe(404);
  });
});

describe('its bounds', () => {
  it.each(['held', 'failed', 'never_attempted'] as const)(
    'of %s: from since on and before until, to the millisecond, by when the event was made',
    async (status) => {
      let isUp = false;
      await using server = await startVirtualServer({ script: () => ({ status: isUp ? 200 : 500 }) });
      const { id } = await server.addHook('/', {
        events: [status === 'never_attempted' ? 'none' : 'a'],
        active: status !== 'held',
        max_attempts: 1,
      });
      const times: number[] = [];
      for (let event = 0; event < 4; event += 1) {
        times.push(server.clock.now());
        await server.send('a');
        await server.live(SECOND);
      }
      await server.api(`PATCH /v1/webhooks/${id}`, { events: ['a'], active: true });
      const inRange = (since: number, end?: number) =>
        counted(server, id, { status, since: iso(since), ...(end === undefined ? {} : { until: iso(end) }) });
      const [first, second, third, last] = times as [number, number, number, number];
      expect(await inRange(first)).toBe(4);
      expect(await inRange(first + 1)).toBe(3);
      expect(await inRange(first, first)).toBe(0);
      expect(await inRange(first, first + 1)).toBe(1);
      expect(await inRange(second, third)).toBe(1);
      expect(await inRange(second, third + 1)).toBe(2);
      expect(await inRange(last + 1)).toBe(0);
      expect(await inRange(third, second)).toBe(0);
      isUp = true;
      const range = { status, since: iso(second), until: iso(last) };
      expect((await replay(server, id, range)).body).toEqual({ count: 2, replayed: 2 });
    },
  );

  it('what a replay made of a missed event is found again by the time of that event', async () => {
    let isUp = false;
    await using server = await startVirtualServer({ script: () => ({ status: isUp ? 200 : 500 }) });
    const made = server.clock.now();
    const event = await server.send('a');
    await server.live(DAY);
    const { id } = await server.addHook('/', { max_attempts: 1 });
    const range = { since: iso(made), until: iso(made + 1) };
    expect((await replay(server, id, range)).body).toEqual({ count: 1, replayed: 1 });
    await server.live(MINUTE);
    expect(await deliveriesOf(server, id)).toMatchObject([{ status: 'failed' }]);
    isUp = true;
    expect((await replay(server, id, range)).body).toEqual({ count: 1, replayed: 1 });
    await server.live(MINUTE);
    expect(eventsAt(server, '/')).toEqual([event, event]);
  });

  it('a range without a beginning, or with one that is no time, is refused', async () => {
    await using server = await startVirtualServer();
    const { id } = await server.addHook('/');
    for (const since of [undefined, null, 'yesterday', 0, '2026-01-05']) {
      const { status, body } = await replay(server, id, { since });
      expect([status, body.error]).toMatchObject([422, { issues: [{ path: 'since' }] }]);
    }
    const { status, body } = await replay(server, id, { status: 'succeeded' });
    expect([status, body.error]).toMatchObject([422, { issues: [{ path: 'status' }] }]);
  });
});

describe('what becomes of it', () => {
  it('a hook that is not active gets no replay: 409, and nothing is changed', async () => {
    await using hook = await missedSome();
    await verb(hook.server, hook.id, 'deactivate');
    const before = await deliveriesOf(hook.server, hook.id);
    const { status, body } = await replay(hook.server, hook.id);
    expect([status, body.error]).toMatchObject([409, { code: 'hook_not_active' }]);
    expect(body.error.message).toContain('paused');
    expect(await hook.came()).toEqual([]);
    expect(await deliveriesOf(hook.server, hook.id)).toEqual(before);
  });

  it('a delivery that fails again has its whole schedule before it, under the same webhook-id', async () => {
    await using server = await startVirtualServer({ script: () => ({ status: 500 }) });
    const { id } = await server.addHook('/', { max_attempts: 4 });
    const event = await server.send('a');
    await server.live(HOUR);
    expect(await deliveriesOf(server, id)).toMatchObject([{ status: 'failed', attempt_count: 4 }]);
    const start = server.clock.now();
    await replay(server, id);
    await server.live(HOUR);
    const again = server.sentTo('/').slice(4);
    const waits = [5 * SECOND, 5 * MINUTE, 30 * MINUTE];
    expect(again.map(({ at }) => at - start)).toEqual([
      0,
      waits[0],
      waits[0]! + waits[1]!,
      5_000 + 35 * MINUTE,
    ]);
    expect(new Set(eventsAt(server, '/'))).toEqual(new Set([event]));
    const [delivery] = await deliveriesOf(server, id);
    expect(delivery).toMatchObject({ status: 'failed', failure_reason: 'exhausted', attempt_count: 8 });
    const { body } = await server.api(`GET /v1/deliveries/${delivery!.id}`);
    expect(body.attempts.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });
});
