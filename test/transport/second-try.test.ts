import { describe, expect, it } from 'vitest';
import { startFaultyReceiver, type Behaviour } from '../support/faulty-receiver.ts';
import {
  neverReplies,
  repliesOnceThen,
  resets,
  writesAndCloses,
  writesAndResets,
} from '../support/receiver-behaviours.ts';
import { connectionIsIdle, createTransportHarness } from '../support/transport-harness.ts';

/** Handles each request with the next behaviour. */
const inOrder = (...behaviours: Behaviour[]): Behaviour => {
  return (socket, request) => behaviours.shift()?.(socket, request);
};

/** Sends twice over one connection; `next` handles the second request. */
const sendTwice = async (next: Behaviour, timeout_ms = 3000) => {
  await using receiver = await startFaultyReceiver({ '/': repliesOnceThen(next) });
  await using harness = createTransportHarness();
  const first = await harness.send(receiver.origin);
  expect(first.outcome).toEqual({ kind: 'succeeded' });
  await connectionIsIdle();
  const second = await harness.send(receiver.origin, { body: 'second', timeout_ms });
  return { second, requests: [...receiver.requests], connections: receiver.connections() };
};

describe('a request is retried once', () => {
  it.each([
    ['closed', writesAndCloses('')],
    ['reset', resets],
  ])('on a new connection when the kept one is %s while the request is written', async (_, next) => {
    const { second, requests, connections } = await sendTwice(next);
    expect(second).toMatchObject({
      outcome: { kind: 'succeeded' },
      response: { body: 'first' },
      reused_connection: false,
      remote_address: '127.0.0.1',
    });
    expect(second.timings.connect_ms).not.toBeNull();
    expect(requests.map((request) => [request.connection, request.body])).toEqual([
      [1, '{"a":1}'],
      [1, 'second'],
      [2, 'second'],
    ]);
    expect(connections).toBe(2);
  });

  it('on a new connection even when another is kept, which may be dead too', async () => {
    await using receiver = await startFaultyReceiver({ '/': repliesOnceThen(resets) });
    await using harness = createTransportHarness();
    await Promise.all([harness.send(receiver.origin), harness.send(receiver.origin)]);
    await connectionIsIdle();
    expect(receiver.connections()).toBe(2);
    expect((await harness.send(receiver.origin)).outcome).toEqual({ kind: 'succeeded' });
    expect(receiver.connections()).toBe(3);
  });

  it('and not twice', async () => {
    await using receiver = await startFaultyReceiver({
      '/': inOrder(repliesOnceThen(resets), resets, resets),
    });
    await using harness = createTransportHarness();
    await harness.send(receiver.origin);
    await connectionIsIdle();
    const second = await harness.send(receiver.origin);
    expect(second.outcome).toEqual({ kind: 'connection_failed', code: 'ECONNRESET' });
    expect(receiver.requests).toHaveLength(3);
  });

  it('within the same deadline', async () => {
    const behaviour = inOrder(repliesOnceThen(resets), resets, neverReplies);
    await using receiver = await startFaultyReceiver({ '/': behaviour });
    await using harness = createTransportHarness();
    await harness.send(receiver.origin);
    await connectionIsIdle();
    const second = await harness.send(receiver.origin, { timeout_ms: 300 });
    expect(second.outcome).toEqual({ kind: 'timeout', phase: 'headers' });
    expect(second.timings.total_ms).toBeGreaterThan(290);
    expect(second.timings.total_ms).toBeLessThan(550);
  });
});

describe('a request is not retried', () => {
  it.each([
    ['part of a status line', writesAndCloses('HTTP/1.1 2')],
    ['an interim response', writesAndCloses('HTTP/1.1 103 Early Hints\r\n\r\n')],
    ['something that is not HTTP', writesAndCloses('SSH-2.0-OpenSSH_9.6\r\n')],
    ['one byte and a reset', writesAndResets('H')],
  ])('after %s was received', async (_, next) => {
    const { second, requests } = await sendTwice(next);
    expect(second.outcome.kind).toMatch(/^(connection_failed|response_invalid)$/);
    expect([requests.length, second.reused_connection]).toEqual([2, true]);
  });

  it.each([
    ['closed', writesAndCloses('')],
    ['reset', resets],
  ])('when a new connection is %s', async (_, behaviour) => {
    await using receiver = await startFaultyReceiver({ '/': behaviour });
    await using harness = createTransportHarness();
    const { outcome } = await harness.send(receiver.origin);
    expect([outcome.kind, receiver.requests.length]).toEqual(['connection_failed', 1]);
  });

  it('after the deadline', async () => {
    const { second, requests } = await sendTwice(neverReplies, 200);
    expect([second.outcome, requests.length]).toEqual([{ kind: 'timeout', phase: 'headers' }, 2]);
  });
});
