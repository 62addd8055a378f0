import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../packages/server/src/clock.ts';
import type { Clock } from '../../packages/server/src/ports/clock.ts';
import { startFaultyReceiver } from '../support/faulty-receiver.ts';
import { neverReplies, replies, repliesOnceThen, writesAndCloses } from '../support/receiver-behaviours.ts';
import {
  connectionIsIdle,
  countClientSockets,
  createTransportHarness,
  outbound,
} from '../support/transport-harness.ts';

const linesOf = (head: string): string[] => head.split('\r\n');

describe('a request on the wire', () => {
  it('has exactly the given headers in their order, and those that HTTP requires', async () => {
    await using receiver = await startFaultyReceiver({ '/a/b?c=d%20e': replies(200, '') });
    await using harness = createTransportHarness();
    const headers = { 'X-Second': '2', 'x-first': '1', 'user-agent': 'Bellwire' };
    await harness.send(`${receiver.origin}/a/b?c=d%20e#gone`, { method: 'PUT', headers, body: 'grüße' });
    expect(linesOf(receiver.requests[0]!.head)).toEqual([
      'PUT /a/b?c=d%20e HTTP/1.1',
      `host: 127.0.0.1:${receiver.port}`,
      'connection: keep-alive',
      'X-Second: 2',
      'x-first: 1',
      'user-agent: Bellwire',
      'accept-encoding: identity',
      'content-length: 7',
    ]);
    expect(Buffer.from(receiver.requests[0]!.body, 'latin1').toString('utf8')).toBe('grüße');
  });

  it('keeps the accept-encoding of its caller', async () => {
    await using receiver = await startFaultyReceiver({ '/': replies(200, '') });
    await using harness = createTransportHarness();
    await harness.send(receiver.origin, { headers: { 'Accept-Encoding': 'br' } });
    expect(receiver.requests[0]!.head.match(/accept-encoding.*/gi)).toEqual(['Accept-Encoding: br']);
  });

  it('announces an empty body', async () => {
    await using receiver = await startFaultyReceiver({ '/': replies(200, '') });
    await using harness = createTransportHarness();
    await harness.send(receiver.origin, { body: '' });
    expect(receiver.requests[0]!.head).toContain('content-length: 0');
    expect(receiver.requests[0]!.head).not.toContain('chunked');
  });

  it.each([
    ['a header with a line break', { headers: { 'x-a': 'b\r\nx-c: d' } }],
    ['an invalid method', { method: 'GET / HTTP/1.1\r\nx:' }],
  ])('is never written with %s', async (_, request) => {
    await using receiver = await startFaultyReceiver({ '/': replies(200, '') });
    await using harness = createTransportHarness();
    const { outcome } = await harness.send(receiver.origin, request);
    expect(outcome).toEqual({ kind: 'connection_failed', code: 'UND_ERR_INVALID_ARG' });
    expect(receiver.requests).toEqual([]);
  });
});

describe('a result', () => {
  it('has response headers as a plain record, repeated ones joined', async () => {
    const headers =
      'Set-Cookie: a=1\r\nset-cookie: b=2\r\nX-Mixed: Case\r\n__proto__: polluted\r\nx-latin: \xe4\r\n';
    await using receiver = await startFaultyReceiver({ '/': replies(200, 'ok', headers) });
    await using harness = createTransportHarness();
    const { response } = await harness.send(receiver.origin);
    const joined = { 'set-cookie': 'a=1, b=2', 'x-mixed': 'Case', 'content-length': '2' };
    expect(response?.headers).toMatchObject(joined);
    expect(Object.getPrototypeOf(response?.headers)).toBe(Object.prototype);
    expect(structuredClone(response)).toEqual(response);
  });

  it('has consistent timings', async () => {
    await using receiver = await startFaultyReceiver({ '/': replies(200, 'ok') });
    await using harness = createTransportHarness();
    const { timings } = await harness.send(receiver.origin);
    expect(timings.dns_ms).toBeNull();
    expect(timings.connect_ms).toBeLessThanOrEqual(timings.first_byte_ms!);
    expect(timings.first_byte_ms).toBeLessThanOrEqual(timings.total_ms);
  });

  it('is reported exactly once for each request, for every outcome', async () => {
    const answering = { '/ok': replies(200, 'ok'), '/no': replies(500, 'no') };
    const paths = { ...answering, '/gone': writesAndCloses(''), '/hang': neverReplies };
    await using receiver = await startFaultyReceiver(paths);
    await using harness = createTransportHarness();
    const own = Object.keys(paths).map((path) => receiver.origin + path);
    const urls = [...own, 'http://10.0.0.1/', 'not a url'];
    const requests = Array.from({ length: 240 }, (_, i) => {
      const url = urls[i % urls.length]!;
      return outbound(url, { timeout_ms: url.endsWith('/hang') ? 400 : 20_000 });
    });
    const results = await harness.sendBatch(requests);
    await harness.close();

    const ids = harness.batches.flat().map((result) => result.id);
    expect(ids.toSorted()).toEqual(requests.map((request) => request.id).toSorted());
    const kinds = Object.fromEntries(
      urls.map((url, i) => [url.replace(receiver.origin, ''), results[i]!.outcome.kind]),
    );
    expect(kinds).toEqual({
      '/ok': 'succeeded',
      '/no': 'http_status',
      '/gone': 'connection_failed',
      '/hang': 'timeout',
      'http://10.0.0.1/': 'address_blocked',
      'not a url': 'connection_failed',
    });
  });

  it('is reported with the other results of its turn in one call', async () => {
    await using harness = createTransportHarness();
    await harness.sendBatch(Array.from({ length: 50 }, () => outbound('not a url')));
    expect(harness.batches.map((batch) => batch.length)).toEqual([50]);
  });

  it('is never reported within send', async () => {
    await using harness = createTransportHarness();
    const result = harness.send('not a url');
    expect(harness.batches).toEqual([]);
    await result;
    expect(harness.batches).toHaveLength(1);
  });
});

describe('connections', () => {
  it('are kept and shared: many requests with 8 in flight open at most 16', async () => {
    await using receiver = await startFaultyReceiver({ '/': replies(200, 'ok') });
    await using harness = createTransportHarness();
    const work = Array.from({ length: 8 }, async () => {
      for (let i = 0; i < 50; i++) await harness.send(receiver.origin);
    });
    await Promise.all(work);
    expect(receiver.requests).toHaveLength(400);
    expect(receiver.connections()).toBeLessThanOrEqual(16);
  });

  it('are not opened for a request whose deadline passed while its name was looked up', async () => {
    const lookup = Promise.withResolvers<readonly string[]>();
    const resolver = { resolve: () => lookup.promise, isDown: async () => false, close: () => {} };
    await using receiver = await startFaultyReceiver({ '/': replies(200, 'ok') });
    await using harness = createTransportHarness({ resolver });
    using sockets = countClientSockets();
    const result = await harness.send(`http://late.example.com:${receiver.port}/`, { timeout_ms: 50 });
    expect(result.outcome).toEqual({ kind: 'timeout', phase: 'dns' });
    lookup.resolve(['127.0.0.1']);
    await harness.send(receiver.origin);
    expect([sockets.opened(), receiver.requests.length]).toEqual([1, 1]);
  });

  it.each<[string, (socket: Socket) => void]>([
    ['keep-alive', (socket) => void socket.destroy()],
    ['close', (socket) => void socket.resetAndDestroy()],
  ])('that end before a request is written to them are replaced (connection: %s)', async (kind, end) => {
    const sockets: Socket[] = [];
    await using receiver = await startFaultyReceiver({
      '/': (socket, request) => {
        sockets.push(socket);
        replies(200, String(request.connection))(socket, request);
      },
    });
    await using harness = createTransportHarness();
    await harness.send(receiver.origin);
    await connectionIsIdle();
    for (const socket of sockets) end(socket);
    const { outcome, response, reused_connection, timings } = await harness.send(receiver.origin);
    expect([outcome, response?.body, reused_connection]).toEqual([{ kind: 'succeeded' }, '2', false]);
    expect(timings.connect_ms).not.toBeNull();
    expect(receiver.requests).toHaveLength(2);
    // After a FIN, undici connects again, which is not a retry; a reset fails the request, which is retried.
    expect(receiver.requests[1]?.head).toContain(`connection: ${kind}`);
  });

  it('do not send a request after its deadline', async () => {
    let isOver = false;
    const after: Clock['after'] = (delay_ms, work) => {
      if (!isOver) return systemClock.after(delay_ms, work);
      // Runs before undici has checked that the kept connection is alive, which takes it a turn.
      queueMicrotask(work);
      return () => {};
    };
    await using receiver = await startFaultyReceiver({ '/': replies(200, 'ok') });
    await using harness = createTransportHarness({ clock: { ...systemClock, after } });
    await harness.send(receiver.origin);
    await connectionIsIdle();
    isOver = true;
    const late = await harness.send(receiver.origin, { body: 'late' });
    expect(late).toMatchObject({ outcome: { kind: 'timeout' }, remote_address: null });
    isOver = false;
    await harness.send(receiver.origin, { body: 'next' });
    expect(receiver.requests.map((request) => request.body)).toEqual(['{"a":1}', 'next']);
  });
});

describe('close', () => {
  it('lets a request under way be retried', async () => {
    const arrived = Promise.withResolvers<Socket>();
    await using receiver = await startFaultyReceiver({
      '/': repliesOnceThen((socket) => arrived.resolve(socket)),
    });
    const harness = createTransportHarness();
    await harness.send(receiver.origin);
    await connectionIsIdle();
    const result = harness.send(receiver.origin);
    const socket = await arrived.promise;
    const closed = harness.close();
    socket.resetAndDestroy();
    await closed;
    expect((await result).outcome).toEqual({ kind: 'succeeded' });
  });

  it('waits for requests under way, and ends kept connections', async () => {
    await using receiver = await startFaultyReceiver({
      '/': replies(200, 'ok'),
      '/slow': (socket) => setImmediate(() => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')),
    });
    const harness = createTransportHarness();
    await harness.send(receiver.origin);
    await connectionIsIdle();
    const slow = harness.send(`${receiver.origin}/slow`);
    await Promise.all([harness.close(), harness.close()]);
    expect(harness.batches.flat()).toHaveLength(2);
    expect((await slow).outcome).toEqual({ kind: 'succeeded' });
    expect((await harness.send(receiver.origin)).outcome).toEqual({
      kind: 'connection_failed',
      code: expect.stringMatching(/^UND_ERR_(CLOSED|DESTROYED)$/),
    });
  });

  it('does not wait for a connect that hangs beyond its deadline', async () => {
    await using receiver = await startFaultyReceiver({}, { onConnection: () => {} });
    const harness = createTransportHarness();
    const result = harness.send(`https://127.0.0.1:${receiver.port}/`, { timeout_ms: 100 });
    await harness.close();
    expect((await result).timings.total_ms).toBeLessThan(350);
  });
});
