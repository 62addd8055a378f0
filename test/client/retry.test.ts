import { describe, expect, test } from 'vitest';
import { keepForFile, startServer } from '../support/running-server.ts';
import { clientAt, type Fault, startFront } from './faulty-front.ts';

const server = await keepForFile(startServer());
const direct = clientAt(server.origin);

const json = { 'content-type': 'application/json' };
const overloaded = JSON.stringify({ error: { code: 'overloaded', message: 'Too many events wait.' } });
/** A 503 of Bellwire, with or without Retry-After. */
const busy = (after: Readonly<Record<string, string>> = {}): Fault => ({
  status: 503,
  headers: { ...json, ...after },
  body: overloaded,
});
const html: Fault = { status: 503, headers: { 'content-type': 'text/html' }, body: '<h1>503</h1>' };
const limited: Fault = { status: 429, headers: { 'retry-after': '1' }, body: 'slow down' };

const hook = (path: string) => ({ url: `https://receiver.example.com/${path}`, events: ['never'] });

describe('an event is sent again', () => {
  test.each<[string, Fault]>([
    ['after a connection that broke before the server got it', 'drop'],
    ['after an answer that was lost, and is stored once', 'lose'],
    ['after a 503 of Bellwire', busy()],
    ['after a 503 of a proxy', html],
  ])('%s', async (title, fault) => {
    await using front = await startFront(server.origin, [fault, fault]);
    const type = title.replaceAll(/\W+/g, '-');
    const { id } = await clientAt(front.origin).events.send(type, { id: 'o_1' });
    expect(front.calls).toHaveLength(3);
    expect((await direct.events.list({ type })).data.map((event) => event.id)).toEqual([id]);
  });

  test('after a time-out', async () => {
    await using front = await startFront(server.origin, ['hang']);
    await clientAt(front.origin, { timeout_ms: 300 }).events.send('order.created', {});
    expect(front.calls).toHaveLength(2);
  });

  test('in a batch: every event has its own key, and none is stored twice', async () => {
    await using front = await startFront(server.origin, ['lose']);
    const event = { type: 'in-batch', data: {} };
    const { results } = await clientAt(front.origin).events.sendBatch([event, event]);
    expect(results.map(({ ok }) => ok)).toEqual([true, true]);
    expect((await direct.events.list({ type: 'in-batch' })).data).toHaveLength(2);
  });
});

describe.concurrent('Retry-After', () => {
  test.each<[string, Fault]>([
    ['503 of Bellwire', busy({ 'retry-after': '1' })],
    ['429 of a proxy', limited],
    ['429 of a proxy that speaks JSON', { ...limited, body: '{"message":"Too Many Requests"}' }],
  ])('is obeyed after a %s', async (_, fault) => {
    await using front = await startFront(server.origin, [fault]);
    await clientAt(front.origin).hooks.create(hook('later'));
    const [first = 0, second = 0] = front.times;
    // Timers of Node can be a millisecond early.
    expect(second - first).toBeGreaterThanOrEqual(999);
  });

  test('beyond the time limit ends the call at once', async () => {
    await using front = await startFront(server.origin, [busy({ 'retry-after': '3600' })]);
    await expect(clientAt(front.origin).events.send('a', {})).rejects.toMatchObject({
      code: 'overloaded',
      status: 503,
      retry_after_s: 3600,
    });
    expect(front.calls).toHaveLength(1);
  });
});

const lost: readonly [string, Fault, number][] = [
  ['a lost connection', 'drop', 0],
  ['a lost answer', 'lose', 1],
  ['a 503 of a proxy', html, 0],
];

test.each(lost)('a hook and a workspace are created once after %s', async (title, fault) => {
  await using front = await startFront(server.origin, [fault]);
  const { hooks, workspaces } = clientAt(front.origin);
  const created = await hooks.create({ ...hook('once'), name: title });
  expect(created.secret).toMatch(/^whsec_/);
  expect(front.calls).toHaveLength(2);
  const { data } = await direct.hooks.list();
  expect(data.filter(({ name }) => name === title).map(({ id }) => id)).toEqual([created.id]);

  await using second = await startFront(server.origin, [fault]);
  const { id } = await clientAt(second.origin).workspaces.create({ name: title });
  expect(second.calls).toHaveLength(2);
  await expect(workspaces.get(id)).resolves.toMatchObject({ name: title });
});

test('two hooks that are created by equal calls are two hooks, unless they have the same key', async () => {
  const { hooks } = clientAt(server.origin);
  const [one, two] = [await hooks.create(hook('equal')), await hooks.create(hook('equal'))];
  expect(one.id).not.toBe(two.id);
  const own = { ...hook('equal'), idempotency_key: 'own' };
  expect((await hooks.create(own)).id).toBe((await hooks.create(own)).id);
});

test.each(lost)(
  'a key is not created again when the server may have executed the call: %s',
  async (title, fault, created) => {
    await using front = await startFront(server.origin, [fault]);
    await expect(clientAt(front.origin).apiKeys.create({ name: title })).rejects.toMatchObject({
      message: expect.stringMatching(/may have .* before you repeat it/),
    });
    expect(front.calls).toHaveLength(1);
    const { data } = await direct.apiKeys.list();
    expect(data.filter(({ name }) => name === title)).toHaveLength(created);
  },
);

test('a deletion whose answer was lost does not report a missing hook', async () => {
  const { id } = await direct.hooks.create(hook('deleted'));
  await using front = await startFront(server.origin, ['lose']);
  expect(await clientAt(front.origin).hooks.delete(id)).toBeUndefined();
  await expect(clientAt(front.origin).hooks.delete(id)).rejects.toMatchObject({ code: 'not_found' });
});

test('a deletion that is retried after a 503 reports a hook that never existed', async () => {
  await using front = await startFront(server.origin, [busy()]);
  await expect(clientAt(front.origin).hooks.delete('wh_none')).rejects.toMatchObject({ code: 'not_found' });
  expect(front.calls).toHaveLength(2);
});

describe('retries end', () => {
  const all: readonly Fault[] = Array.from({ length: 9 }, () => 'drop' as const);

  test('after the specified number', async () => {
    await using front = await startFront(server.origin, all);
    const { events } = clientAt(front.origin, { retry: { retries: 2, min_delay_ms: 5 } });
    await expect(events.send('a', {})).rejects.toMatchObject({ code: 'network', status: null });
    expect(front.calls).toHaveLength(3);
  });

  test('after the specified time', async () => {
    await using front = await startFront(server.origin, all);
    const retry = { retries: 100, min_delay_ms: 60, max_delay_ms: 60, max_time_ms: 100 };
    const network = { code: 'network' };
    await expect(clientAt(front.origin, { retry }).events.send('a', {})).rejects.toMatchObject(network);
    expect(front.calls.length).toBeLessThanOrEqual(3);

    const late = { min_delay_ms: 60_000, max_delay_ms: 60_000, max_time_ms: 100 };
    const { events } = clientAt(front.origin, { retry: late });
    await expect(events.send('a', {})).rejects.toMatchObject(network);
  });

  test('at once when retry is false, for a client or for one call', async () => {
    await using front = await startFront(server.origin, ['drop', 'drop']);
    await expect(clientAt(front.origin, { retry: false }).events.send('a', {})).rejects.toThrow();
    await expect(clientAt(front.origin).events.send('a', {}, { retry: false })).rejects.toThrow();
    expect(front.calls).toHaveLength(2);
  });

  test('when the caller aborts, between two requests or during one', async () => {
    await using front = await startFront(server.origin, [busy({ 'retry-after': '1' }), 'hang']);
    const between = clientAt(front.origin).events.send('a', {}, { signal: AbortSignal.timeout(600) });
    await expect(between).rejects.toMatchObject({ code: 'aborted', cause: { name: 'TimeoutError' } });
    expect(front.calls).toHaveLength(1);
    const aborter = new AbortController();
    const call = clientAt(front.origin).events.send('a', {}, { signal: aborter.signal });
    await front.next();
    await front.next();
    aborter.abort();
    await expect(call).rejects.toMatchObject({ code: 'aborted' });
    expect(front.calls).toHaveLength(2);
  });
});

test('invalid retry options are refused like any invalid input', async () => {
  const { events } = clientAt(server.origin, { retry: { retries: -1 } });
  const error = { code: 'invalid_input', issues: [{ path: 'retry' }] };
  await expect(events.send('a', {})).rejects.toMatchObject(error);
});

test('a refused call is not retried', async () => {
  await using front = await startFront(server.origin);
  const { hooks, events } = clientAt(front.origin);
  await expect(hooks.get('wh_unknown')).rejects.toMatchObject({ code: 'not_found' });
  await expect(events.send('no..type', {})).rejects.toMatchObject({ code: 'invalid_input' });
  expect(front.calls).toHaveLength(2);
});
