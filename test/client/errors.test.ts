import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { BellwireError } from '@bellwire/client';
import { freePort } from '../support/programs.ts';
import { portOf } from '../support/port-of.ts';
import { keepForFile, startServer } from '../support/running-server.ts';
import { clientAt, type Fault, startFront } from './faulty-front.ts';

const server = await keepForFile(startServer());

const errorOf = async (call: PromiseLike<unknown>): Promise<BellwireError> => {
  try {
    await call;
  } catch (error) {
    if (error instanceof BellwireError) return error;
    throw error;
  }
  throw new Error('the call did not fail');
};

const no_retry = { retry: false } as const;

test('a refusal of the server has its code, status and every invalid field', async () => {
  const { hooks } = clientAt(server.origin);
  const error = await errorOf(hooks.create({ url: 'https://10.0.0.1/in', events: [], name: '' }));
  expect(error).toMatchObject({
    name: 'BellwireError',
    code: 'invalid_input',
    status: 422,
    issues: [{ path: 'events' }, { path: 'name' }],
  });
  expect(error.message).toContain('events: must contain at least one event type');
  expect(await errorOf(clientAt(server.origin, { api_key: 'wrong' }).hooks.list())).toMatchObject({
    code: 'unauthenticated',
    status: 401,
    issues: [],
  });
});

test('a refused connection: the message names the address and what to check', async () => {
  const origin = `http://127.0.0.1:${await freePort()}`;
  const error = await errorOf(clientAt(origin, no_retry).hooks.list());
  expect(error).toMatchObject({ code: 'network', status: null });
  expect(error.message).toMatch(new RegExp(`^${origin} .* \\(ECONNREFUSED\\)\\. Check the url`, 'i'));
  expect(error.cause).toBeInstanceOf(TypeError);
});

test('a truncated answer is a network error', async () => {
  const half = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n[{"res');
      socket.end();
    });
  }).listen(0, '127.0.0.1');
  await once(half, 'listening');
  const error = await errorOf(clientAt(`http://127.0.0.1:${portOf(half)}`, no_retry).hooks.list());
  expect(error).toMatchObject({ code: 'network', status: null });
  half.close();
});

test.each<[string, Fault, Partial<BellwireError>]>([
  ['a page of a proxy', { status: 502, body: '<h1>Bad gateway</h1>' }, { status: 502 }],
  ['JSON of another program', { status: 200, body: '{"hello":"world"}' }, { status: 200 }],
  ['a bare word of JSON', { status: 200, body: 'true' }, { status: 200 }],
  ['fewer results than calls', { status: 200, body: '[]' }, {}],
  ['nothing', { status: 204 }, { status: 204 }],
])('%s is not taken for an answer of Bellwire', async (_, fault, expected) => {
  await using front = await startFront(server.origin, [fault]);
  const error = await errorOf(clientAt(front.origin, no_retry).hooks.list());
  expect(error).toMatchObject({ code: 'unexpected_answer', ...expected });
  expect(error.message).toMatch(/Check the url/i);
});

test('a redirect is not followed: the key is not sent, and the message names the target', async () => {
  await using other = await startFront(server.origin);
  const moved = { status: 301, headers: { location: `${other.origin}/trpc` } };
  await using front = await startFront(server.origin, [moved]);
  const error = await errorOf(clientAt(front.origin, no_retry).events.send('a', {}));
  expect(error).toMatchObject({ code: 'unexpected_answer', status: 301 });
  expect(error.message).toContain(` to ${other.origin}/trpc`);
  expect(other.calls).toHaveLength(0);
});

test('a time-out has its own code', async () => {
  await using front = await startFront(server.origin, ['hang']);
  const error = await errorOf(clientAt(front.origin, { ...no_retry, timeout_ms: 100 }).hooks.list());
  expect(error).toMatchObject({ code: 'timeout', status: null });
  expect(error.message).toMatch(new RegExp(`^${front.origin} .* within 100 ms\\.$`));
});

test('values that JSON cannot express are refused before the request', async () => {
  await using front = await startFront(server.origin);
  const { events } = clientAt(front.origin, no_retry);
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  for (const [data, path] of [
    [{ order: { total: Number.NaN } }, 'total'],
    [{ totals: [1, Number.POSITIVE_INFINITY] }, '1'],
    [{ id: 1n }, ''],
    [circle, ''],
  ] as const) {
    const error = await errorOf(events.send('a', data));
    expect(error).toMatchObject({ code: 'invalid_input', status: null, issues: [{ path }] });
  }
  expect(front.calls).toHaveLength(0);
  await events.send('a', { at: new Date(0), gone: undefined });
  const { data } = await events.list({ include: 'data' });
  expect(data[0]?.data).toEqual({ at: '1970-01-01T00:00:00.000Z' });
});
