import { describe, expect, it } from 'vitest';
import type { Repositories } from '../../packages/server/src/ports/repositories.ts';
import { startReceiver } from '../support/receiver.ts';
import { startServer, until } from '../support/running-server.ts';
import { startVirtualServer, type VirtualServer } from '../support/virtual-server.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const iso = (time: number): string => new Date(time).toISOString();

/** Replays a hook; by default everything since 1970. */
const replay = (server: VirtualServer, id: string, fields: object = {}) =>
  server.verb(id, 'replay', { since: iso(0), ...fields });

/** The count of a dry run. */
const counted = async (server: VirtualServer, id: string, fields: object = {}): Promise<number> => {
  const { body, text } = await replay(server, id, { dry_run: true, ...fields });
  expect(body, text).toEqual({ count: expect.any(Number) as number, replayed: 0 });
  return (JSON.parse(text) as { count: number }).count;
};

/** The ids of the events in all requests to a path after the first `from`. */
const eventsAt = (server: VirtualServer, path: string, from = 0): readonly string[] =>
  server
    .sentTo(path)
    .slice(from)
    .map(({ request }) => request.headers['webhook-id']!);

/** A server whose receivers fail while `receivers.isUp` is false. */
const startFailing = async () => {
  const receivers = { isUp: false };
  return {
    server: await startVirtualServer({ script: () => ({ status: receivers.isUp ? 200 : 500 }) }),
    receivers,
  };
};

/**
 * An active hook with a healthy receiver that failed one event, succeeded with one, holds two, and never got three that
 * it now subscribes to. The events are a minute apart.
 */
const withMissedEvents = async () => {
  const { server, receivers } = await startFailing();
  const { id } = await server.addHook('/', { events: ['a'], max_attempts: 1 });
  const send = async (type: string): Promise<string> => {
    const event = await server.send(type);
    await server.live(MINUTE);
    return event;
  };
  const failed = [await send('a')];
  receivers.isUp = true;
  await send('a');
  await server.verb(id, 'deactivate');
  const held = [await send('a'), await send('a')];
  const never_attempted = [await send('b'), await send('b'), await send('b.c')];
  await send('not.subscribed');
  await server.api(`PATCH /v1/webhooks/${id}`, { events: ['a', 'b', 'b.*'], active: true });
  const before = server.sentTo('/').length;
  return {
    server,
    id,
    events: { failed, held, never_attempted },
    /** The events that arrived since, sorted. */
    arrived: async (): Promise<readonly string[]> => {
      await server.live(MINUTE);
      return eventsAt(server, '/', before).toSorted();
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
};

const STATUSES = ['held', 'failed', 'never_attempted'] as const;

describe('the events of a replay', () => {
  it.each(STATUSES)('with status %s: only those, as a dry run counts', async (status) => {
    await using hook = await withMissedEvents();
    const wanted = hook.events[status];
    expect(await counted(hook.server, hook.id, { status })).toBe(wanted.length);
    const { body } = await replay(hook.server, hook.id, { status });
    expect(body).toEqual({ count: wanted.length, replayed: wanted.length });
    expect(await hook.arrived()).toEqual(wanted.toSorted());
  });

  it('without a status: all three kinds, once, with their original ids', async () => {
    await using hook = await withMissedEvents();
    const wanted = Object.values(hook.events).flat();
    expect((await replay(hook.server, hook.id)).body).toEqual({ count: 6, replayed: 6 });
    expect(await hook.arrived()).toEqual(wanted.toSorted());
    expect(await counted(hook.server, hook.id)).toBe(0);
    expect((await replay(hook.server, hook.id)).body).toEqual({ count: 0, replayed: 0 });
  });

  it('include events from before the creation of the hook', async () => {
    await using server = await startVirtualServer();
    const event = await server.send('a');
    await server.live(HOUR);
    const { id } = await server.addHook('/late');
    await server.live(1);
    expect((await replay(server, id)).body).toEqual({ count: 1, replayed: 1 });
    await server.live(MINUTE);
    expect(eventsAt(server, '/late')).toEqual([event]);
  });

  it('exclude events for other hooks, pings and tests', async () => {
    await using server = await startVirtualServer({ script: () => ({ status: 500 }) });
    const { id } = await server.addHook('/', { max_attempts: 1 });
    const other = await server.addHook('/other', { max_attempts: 1 });
    await server.send('a', { hook_ids: [other.id] });
    for (const hook of [id, other.id]) for (const verb of ['ping', 'test']) await server.verb(hook, verb);
    await server.live(MINUTE);
    expect(await server.deliveries(id)).toMatchObject([
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

  it('are those of the workspace of the hook', async () => {
    await using server = await startVirtualServer();
    const other = await server.addWorkspace('q2');
    await server.api('POST /v1/events', { type: 'a', data: {} }, other);
    const { id } = await server.addHook('/');
    await server.live(1);
    expect(await counted(server, id)).toBe(0);
    expect((await server.api(`POST /v1/webhooks/${id}/replay`, { since: iso(0) }, other)).status).toBe(404);
  });
});

describe('the range of a replay', () => {
  it.each(STATUSES)(
    'with status %s: from since, before until, by the creation of the event',
    async (status) => {
      const { server, receivers } = await startFailing();
      await using _ = server;
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
      const [first, second, third, last] = times as [number, number, number, number];
      for (const [since, end, count] of [
        [first, null, 4],
        [first + 1, null, 3],
        [first, first, 0],
        [first, first + 1, 1],
        [second, third, 1],
        [second, third + 1, 2],
        [last + 1, null, 0],
        [third, second, 0],
      ] as const) {
        const range = { status, since: iso(since), ...(end === null ? {} : { until: iso(end) }) };
        expect([range, await counted(server, id, range)]).toEqual([range, count]);
      }
      receivers.isUp = true;
      const range = { status, since: iso(second), until: iso(last) };
      expect((await replay(server, id, range)).body).toEqual({ count: 2, replayed: 2 });
    },
  );

  it('finds a replayed delivery by the time of its event', async () => {
    const { server, receivers } = await startFailing();
    await using _ = server;
    const created = server.clock.now();
    const event = await server.send('a');
    await server.live(DAY);
    const { id } = await server.addHook('/', { max_attempts: 1 });
    const range = { since: iso(created), until: iso(created + 1) };
    expect((await replay(server, id, range)).body).toEqual({ count: 1, replayed: 1 });
    await server.live(MINUTE);
    expect(await server.deliveries(id)).toMatchObject([{ status: 'failed' }]);
    receivers.isUp = true;
    expect((await replay(server, id, range)).body).toEqual({ count: 1, replayed: 1 });
    await server.live(MINUTE);
    expect(eventsAt(server, '/')).toEqual([event, event]);
  });

  it('needs a valid since, and a status that can be replayed', async () => {
    await using server = await startVirtualServer();
    const { id } = await server.addHook('/');
    const wrong = [undefined, null, 'yesterday', 0, '2026-01-05'].map((since) => ({ since }));
    for (const fields of [...wrong, { status: 'succeeded' }]) {
      const { status, body } = await replay(server, id, fields);
      expect([status, body.error]).toMatchObject([422, { issues: [{ path: Object.keys(fields)[0] }] }]);
    }
  });
});

describe('the effect of a replay', () => {
  it('a dry run counts in every state of the hook, and neither sends nor changes anything', async () => {
    await using hook = await withMissedEvents();
    const before = await hook.server.deliveries(hook.id);
    for (const verb of ['activate', 'deactivate']) {
      await hook.server.verb(hook.id, verb);
      expect(await counted(hook.server, hook.id)).toBe(6);
    }
    await hook.server.verb(hook.id, 'activate');
    expect(await hook.arrived()).toEqual([]);
    expect(await hook.server.deliveries(hook.id)).toEqual(before);
  });

  it('a replay of an inactive hook is a 409 and changes nothing', async () => {
    await using hook = await withMissedEvents();
    await hook.server.verb(hook.id, 'deactivate');
    const before = await hook.server.deliveries(hook.id);
    const { status, body } = await replay(hook.server, hook.id);
    expect([status, body.error]).toMatchObject([409, { code: 'hook_not_active' }]);
    expect(body.error.message).toContain('paused');
    expect(await hook.arrived()).toEqual([]);
    expect(await hook.server.deliveries(hook.id)).toEqual(before);
  });

  it('a replayed delivery starts its schedule again, with the same webhook-id', async () => {
    await using server = await startVirtualServer({ script: () => ({ status: 500 }) });
    const { id } = await server.addHook('/', { max_attempts: 4 });
    const event = await server.send('a');
    await server.live(HOUR);
    expect(await server.deliveries(id)).toMatchObject([{ status: 'failed', attempt_count: 4 }]);
    const start = server.clock.now();
    await replay(server, id);
    await server.live(HOUR);
    const moments = server.sentTo('/').map(({ at }) => at - start);
    expect(moments.slice(4)).toEqual([0, 5 * SECOND, 5 * MINUTE + 5 * SECOND, 35 * MINUTE + 5 * SECOND]);
    expect(new Set(eventsAt(server, '/'))).toEqual(new Set([event]));
    const [delivery] = await server.deliveries(id);
    expect(delivery).toMatchObject({ status: 'failed', failure_reason: 'exhausted', attempt_count: 8 });
    const { body } = await server.api(`GET /v1/deliveries/${delivery!.id}`);
    expect(body.attempts.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });
});

/** Calls `onStep` after each repository call of a replay, with its name. */
const observed =
  (onStep: (name: string) => Promise<void> | void) =>
  (repositories: Repositories): Repositories => ({
    ...repositories,
    replay: new Proxy(repositories.replay, {
      get:
        (methods, name) =>
        async (...args: unknown[]) => {
          const step = Reflect.get(methods, name) as (...given: unknown[]) => Promise<unknown>;
          const result = await step(...args);
          await onStep(String(name));
          return result;
        },
    }),
  });

/** A server on which time passes between the steps of a replay once `pause.ms` is set. */
const withSlowReplays = async (script: () => { readonly status: number }) => {
  const pause = { ms: 0 };
  const server: VirtualServer = await startVirtualServer({
    script,
    wrapRepositories: observed(() => (pause.ms === 0 ? undefined : server.live(pause.ms))),
  });
  return { server, pause };
};

describe('a replay in progress', () => {
  it('sends each event once, even if it fails again meanwhile', async () => {
    const { server, pause } = await withSlowReplays(() => ({ status: 500 }));
    await using _ = server;
    const { id } = await server.addHook('/', { max_attempts: 1, active: false });
    for (let event = 0; event < 3; event += 1) await server.send('a');
    await server.verb(id, 'activate');
    await server.send('a');
    await server.live(MINUTE);
    const before = server.sentTo('/').length;
    pause.ms = MINUTE;
    expect((await replay(server, id)).body).toEqual({ count: 4, replayed: 4 });
    await server.live(MINUTE);
    const ids = eventsAt(server, '/', before);
    expect([ids.length, new Set(ids).size]).toEqual([4, 4]);
  });

  it('stops when its first requests disable the hook, and leaves nothing pending', async () => {
    const receiver = { status: 500 };
    const { server, pause } = await withSlowReplays(() => receiver);
    await using _ = server;
    const { id } = await server.addHook('/', { max_attempts: 1, events: ['a'] });
    await server.send('a');
    await server.send('b');
    await server.verb(id, 'deactivate');
    await server.send('a');
    await server.api(`PATCH /v1/webhooks/${id}`, { events: ['*'], active: true });
    receiver.status = 410;
    const before = server.sentTo('/').length;
    await server.live(1);
    pause.ms = MINUTE;
    expect((await replay(server, id)).body).toEqual({ count: 1, replayed: 1 });
    expect(server.sentTo('/')).toHaveLength(before + 1);
    const statuses = (await server.deliveries(id)).map(({ status }) => status);
    expect(statuses.toSorted()).toEqual(['failed', 'held']);
    expect(await counted(server, id)).toBe(3);
  });

  it('works in slices: only a dry run counts all matches', async () => {
    const calls: string[] = [];
    await using server = await startVirtualServer({
      wrapRepositories: observed((name) => void calls.push(name)),
    });
    const { id } = await server.addHook('/', { active: false });
    for (let event = 0; event < 3; event += 1) await server.send('a');
    await server.verb(id, 'activate');
    await server.live(1);
    expect(await counted(server, id)).toBe(3);
    expect(calls).toContain('count');
    calls.length = 0;
    expect((await replay(server, id)).body).toEqual({ count: 3, replayed: 3 });
    expect((await server.api('POST /v1/deliveries/retry', {})).body).toEqual({ count: 0, retried: 0 });
    expect(calls.filter((name) => name.startsWith('count'))).toEqual([]);
  });

  it('sends each of 1,500 events once over real sockets', async () => {
    await using server = await startServer();
    await using receiver = await startReceiver();
    const { id } = await server.addHook(receiver.origin, { active: false });
    const since = new Date().toISOString();
    const ids: string[] = [];
    for (const count of [1_000, 500]) {
      const events = Array.from({ length: count }, (_, n) => ({ type: 'a', data: { n } }));
      const { text } = await server.api('POST /v1/events/batch', { events });
      const { results } = JSON.parse(text) as { results: readonly { event: { id: string } }[] };
      ids.push(...results.map(({ event }) => event.id));
    }
    await server.api(`POST /v1/webhooks/${id}/activate`);
    const call = `POST /v1/webhooks/${id}/replay` as const;
    expect((await server.api(call, { since, dry_run: true })).body).toEqual({ count: 1_500, replayed: 0 });
    expect((await server.api(call, { since })).body).toEqual({ count: 1_500, replayed: 1_500 });
    await until(
      () => Promise.resolve(receiver.calls.length),
      (count) => count >= 1_500,
    );
    const arrived = receiver.calls.map(({ headers }) => headers['webhook-id'] ?? '');
    expect(arrived.toSorted()).toEqual(ids.toSorted());
    expect((await server.api(call, { since })).body).toEqual({ count: 0, replayed: 0 });
  });
});
