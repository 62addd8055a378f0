import { describe, expect, test } from 'vitest';
import { keepForFile, startServer } from '../support/running-server.ts';
import { clientAt, type Fault, startFront } from './faulty-front.ts';

const server = await keepForFile(startServer());

const busy: Fault = {
  status: 503,
  headers: { 'content-type': 'application/json', 'retry-after': '1' },
  body: JSON.stringify({ error: { code: 'overloaded', message: 'Too many events wait.' } }),
};
const html: Fault = { status: 503, headers: { 'content-type': 'text/html' }, body: '<h1>503</h1>' };
const limited: Fault = { status: 429, headers: { 'retry-after': '1' }, body: 'slow down' };
const limitedAsJson: Fault = { ...limited, body: '{"message":"Too Many Requests"}' };

const hook = { url: 'https://receiver.example.com/in', events: ['*'] };

describe('an event is sent again', () => {
  test.each<[string, Fault]>([
    ['after a connection that broke before the server had it', 'drop'],
    ['after an answer that got lost, and is stored once', 'lose'],
    ['after a 503 of Bellwire', { ...busy, headers: { 'content-type': 'application/json' } }],
    ['after a 503 of a proxy', html],
  ])('%s', async (_, fault) => {
    await using front = await startFront(server.origin, [fault, fault]);
    const { events } = clientAt(front.origin);
    const { id } = await events.send('order.created', { id: 'o_1' });
    expect(front.calls).toHaveLength(3);
    expect((await clientAt(server.origin).events.list()).data.map((event) => event.id)).toEqual([id]);
  });

  test('after no answer in time', async () => {
    await using front = await startFront(server.origin, ['hang']);
    await clientAt(front.origin, { timeout_ms: 300 }).events.send('order.created', {});
    expect(front.calls).toHaveLength(2);
  });

  test('in a batch: every event has a key of its own, and none is stored twice', async () => {
    await using front = await startFront(server.origin, ['lose']);
    const { results } = await clientAt(front.origin).events.sendBatch([
      { type: 'a', data: {} },
      { type: 'a', data: {} },
    ]);
    expect(results.map(({ ok }) => ok)).toEqual([true, true]);
    expect((await clientAt(server.origin).events.list()).data).toHaveLength(2);
  });
});

describe('Retry-After', () => {
  test.each<[string, Fault]>([
    ['503 of Bellwire', busy],
    ['429 of a proxy', limited],
    ['429 of a proxy that speaks JSON', limitedAsJson],
  ])('is obeyed after a %s', async (_, fault) => {
    await using front = await startFront(server.origin, [fault]);
    await clientAt(front.origin).hooks.create(hook);
    const [first = 0, second = 0] = front.times;
    // Timers of Node may be a millisecond early.
    expect(second - first).toBeGreaterThanOrEqual(999);
  });

  test('that asks for more time than there is ends the call at once', async () => {
    const later: Fault = { ...busy, headers: { 'content-type': 'application/json', 'retry-after': '3600' } };
    await using front = await startFront(server.origin, [later]);
    await expect(clientAt(front.origin).events.send('a', {})).rejects.toMatchObject({
      code: 'overloaded',
      status: 503,
      retry_after_s: 3600,
    });
    expect(front.calls).toHaveLength(1);
  });
});

describe('a call that makes something new', () => {
  test.each<Fault>(['drop', 'lose', html])(
    'is not repeated when it may have been done (%s)',
    async (fault) => {
      await using front = await startFront(server.origin, [fault]);
      await expect(clientAt(front.origin).hooks.create(hook)).rejects.toMatchObject({
        message: expect.stringContaining('The call may have been carried out: look before you repeat it.'),
      });
      expect(front.calls).toHaveLength(1);
      expect((await clientAt(server.origin).hooks.list()).data).toHaveLength(fault === 'lose' ? 1 : 0);
    },
  );
});

test('a deletion whose answer got lost is not reported as a hook that does not exist', async () => {
  const { id } = await clientAt(server.origin).hooks.create(hook);
  await using front = await startFront(server.origin, ['lose']);
  expect(await clientAt(front.origin).hooks.delete(id)).toBeUndefined();
  await expect(clientAt(front.origin).hooks.delete(id)).rejects.toMatchObject({ code: 'not_found' });
});

test('a deletion that the server put off does not make a hook that never was a deleted one', async () => {
  const soon: Fault = { ...busy, headers: { 'content-type': 'application/json' } };
  await using front = await startFront(server.origin, [soon]);
  await expect(clientAt(front.origin).hooks.delete('wh_none')).rejects.toMatchObject({ code: 'not_found' });
  expect(front.calls).toHaveLength(2);
});

describe('tries have an end', () => {
  const all: readonly Fault[] = Array.from({ length: 9 }, () => 'drop' as const);

  test('after as many as were asked for', async () => {
    await using front = await startFront(server.origin, all);
    const { events } = clientAt(front.origin, { retry: { retries: 2, min_delay_ms: 5 } });
    await expect(events.send('a', {})).rejects.toMatchObject({ code: 'network', status: null });
    expect(front.calls).toHaveLength(3);
  });

  test('after as much time as was given', async () => {
    await using front = await startFront(server.origin, all);
    const { events } = clientAt(front.origin, {
      retry: { retries: 100, min_delay_ms: 60, max_delay_ms: 60, max_time_ms: 100 },
    });
    await expect(events.send('a', {})).rejects.toMatchObject({ code: 'network' });
    expect(front.calls.length).toBeLessThanOrEqual(3);

    const late = clientAt(front.origin, {
      retry: { min_delay_ms: 60_000, max_delay_ms: 60_000, max_time_ms: 100 },
    });
    await expect(late.events.send('a', {})).rejects.toMatchObject({ code: 'network' });
  });

  test('at once when they are turned off, for a client or for one call', async () => {
    await using front = await startFront(server.origin, ['drop', 'drop']);
    await expect(clientAt(front.origin, { retry: false }).events.send('a', {})).rejects.toThrow();
    await expect(clientAt(front.origin).events.send('a', {}, { retry: false })).rejects.toThrow();
    expect(front.calls).toHaveLength(2);
  });

  test('when the caller aborts, between two of them or within one', async () => {
    await using front = await startFront(server.origin, [busy, 'hang']);
    const between = clientAt(front.origin).events.send('a', {}, { signal: AbortSignal.timeout(200) });
    await expect(between).rejects.toMatchObject({ code: 'aborted', cause: { name: 'TimeoutError' } });
    expect(front.calls).toHaveLength(1);
    const within = new AbortController();
    const call = clientAt(front.origin).events.send('a', {}, { signal: within.signal });
    await front.next();
    await front.next();
    within.abort();
    await expect(call).rejects.toMatchObject({ code: 'aborted' });
    expect(front.calls).toHaveLength(2);
  });
});

test('waits that cannot be are refused, like everything, with the one error', async () => {
  const { events } = clientAt(server.origin, { retry: { retries: -1 } });
  await expect(events.send('a', {})).rejects.toMatchObject({
    code: 'invalid_input',
    issues: [{ path: 'retry' }],
  });
});

test('what is wrong with the call itself is not tried again', async () => {
  await using front = await startFront(server.origin);
  const { hooks, events } = clientAt(front.origin);
  await expect(hooks.get('wh_unknown')).rejects.toMatchObject({ code: 'not_found' });
  await expect(events.send('no..type', {})).rejects.toMatchObject({ code: 'invalid_input' });
  expect(front.calls).toHaveLength(2);
});
