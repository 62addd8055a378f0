import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OutboundRequest, SendResult } from '../../packages/server/src/ports/transport.ts';
import { portOf } from '../support/port-of.ts';
import { createThreadedHarness, createVirtualHarness } from '../support/threaded-harness.ts';
import { outbound } from '../support/transport-harness.ts';

let server: Server;
let url: string;
let hits: string[];
let open: Map<string, ServerResponse>;
let hit = Promise.withResolvers<void>();

beforeEach(async () => {
  hits = [];
  open = new Map();
  server = createServer((request, response) => {
    const path = request.url ?? '';
    hits.push(path);
    open.set(path, response);
    if (!path.startsWith('/hang')) response.end('ok');
    hit.resolve();
    hit = Promise.withResolvers<void>();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${portOf(server)}`;
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** A request to the server (`/hang…` is never answered), or to a URL that breaks the thread. */
const request = (id: string, to: string, fields: Partial<OutboundRequest> = {}): OutboundRequest =>
  outbound(to.startsWith('/') ? url + to : to, { id, ...fields });

const isolated = (id: string, to: string, fields: Partial<OutboundRequest> = {}): OutboundRequest =>
  request(id, to, { ...fields, isolated: true });

const hitCount = async (count: number): Promise<void> => {
  while (hits.length < count) await hit.promise;
};

const summary = (results: readonly SendResult[]): readonly string[] =>
  results.map(({ id, outcome, sender_died }) => `${id} ${outcome.kind}${sender_died ? ' by death' : ''}`);

const byId = (results: readonly SendResult[]): readonly SendResult[] =>
  results.toSorted((a, b) => a.id.localeCompare(b.id));

/** Kills the ready thread. Returns the delay before the next start. */
const kill = async (harness: ReturnType<typeof createVirtualHarness>) => {
  const { clock } = harness;
  harness.send([request('killer', 'die:')]);
  await harness.resultCount(harness.results.length + 1);
  return (clock.nextTimer() ?? clock.now()) - clock.now();
};

describe('a transport in a thread', () => {
  it('reports each request exactly once, like the transport without a thread', async () => {
    await using harness = createThreadedHarness();
    const ids = Array.from({ length: 200 }, (_, index) => `att_${index}`);
    harness.send(ids.map((id) => request(id, '/')));
    harness.send([request('metadata', 'http://169.254.169.254/')]);
    await harness.resultCount(201);
    const { results } = harness;
    expect(results.map(({ id }) => id).toSorted()).toEqual([...ids, 'metadata'].toSorted());
    expect(results.find(({ id }) => id === 'metadata')?.outcome.kind).toBe('address_blocked');
    expect(results.filter(({ outcome }) => outcome.kind === 'succeeded')).toHaveLength(200);
    expect(results.find(({ id }) => id === 'att_7')?.response?.body).toBe('ok');
    expect(results.some(({ sender_died }) => sender_died)).toBe(false);
    expect(hits).toHaveLength(200);
  });

  it('has no thread before its first request', async () => {
    const harness = createThreadedHarness();
    await harness.close();
    expect(harness.starts()).toBe(0);
  });

  it('is broken when its first thread cannot start, reports that once and interrupts its requests', async () => {
    await using harness = createThreadedHarness({ allow_networks: ['nonsense'] });
    harness.send([request('early', '/')]);
    await harness.brokenOnce();
    harness.send([request('late', '/')]);
    await harness.resultCount(2);
    expect(harness.broken).toHaveLength(1);
    expect(harness.broken[0]?.message).toContain('nonsense');
    expect(summary(harness.results)).toEqual(['early interrupted', 'late interrupted']);
    expect(harness.starts()).toBe(1);
  });

  it('is broken when no thread can be created', async () => {
    await using harness = createThreadedHarness({ allow_networks: () => 'not cloneable' });
    harness.send([request('one', '/')]);
    expect(harness.broken).toEqual([]);
    await harness.brokenOnce();
    expect(harness.broken[0]?.message).toContain('could not be cloned');
    expect(harness.starts()).toBe(0);
  });
});

describe('a transport whose thread dies', () => {
  it('interrupts the requests of that thread at once, and no others', async () => {
    await using harness = createVirtualHarness();
    harness.send([request('done', '/')]);
    await harness.resultCount(1);
    harness.send([request('first', '/hang1'), request('second', '/hang2')]);
    await hitCount(3);
    harness.send([request('killer', 'die:')]);
    await harness.resultCount(4);
    expect(summary(harness.results)).toEqual([
      'done succeeded',
      'first interrupted by death',
      'second interrupted by death',
      'killer interrupted by death',
    ]);
    expect(harness.broken).toEqual([]);
  });

  it('reports a result that the thread sent before it died, and no other for that request', async () => {
    await using harness = createVirtualHarness();
    harness.send([request('answered', 'answer-and-die:'), request('held', '/')]);
    await harness.resultCount(2);
    expect(summary(harness.results)).toEqual(['answered succeeded', 'held interrupted by death']);
  });

  it('queues later requests and sends them when the next thread is ready', async () => {
    await using harness = createVirtualHarness();
    harness.send([request('killer', 'die:')]);
    await harness.resultCount(1);
    harness.send([request('a', '/a'), request('b', '/b')]);
    harness.send([request('c', '/c')]);
    expect([harness.starts(), harness.results.length]).toEqual([1, 1]);
    await harness.clock.advance(100);
    harness.send([request('d', '/d')]);
    await harness.resultCount(5);
    expect(hits.toSorted()).toEqual(['/a', '/b', '/c', '/d']);
    expect(summary(byId(harness.results.slice(1)))).toEqual(
      ['a', 'b', 'c', 'd'].map((id) => `${id} succeeded`),
    );
  });

  it('doubles the delay before each restart, from 100 ms to 5 s', async () => {
    await using harness = createVirtualHarness();
    const { clock } = harness;
    const delays: number[] = [];
    for (let death = 1; death <= 8; death += 1) {
      delays.push(await kill(harness));
      await clock.advance(delays.at(-1)! - 1);
      expect(harness.starts()).toBe(death);
      await clock.advance(1);
      await harness.startCount(death + 1);
    }
    expect(delays).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000]);
    expect(harness.broken).toEqual([]);
  });

  it.each([
    { lived_ms: 9_999, delay_ms: 200 },
    { lived_ms: 10_000, delay_ms: 100 },
  ])(
    'restarts after $delay_ms ms when its second thread lived for $lived_ms ms',
    async ({ lived_ms, delay_ms }) => {
      await using harness = createVirtualHarness();
      const { clock } = harness;
      await clock.advance(await kill(harness));
      harness.send([request('alive', '/')]);
      await harness.resultCount(2);
      await clock.advance(lived_ms);
      expect(await kill(harness)).toBe(delay_ms);
    },
  );

  it('is broken after five failed restarts in a row; each interrupts the queued requests', async () => {
    await using harness = createVirtualHarness({ fails_from: 2 });
    const { clock } = harness;
    await clock.advance(await kill(harness));
    const delays: number[] = [];
    for (let failed = 1; failed <= 5; failed += 1) {
      harness.send([request(`waiting ${failed}`, '/')]);
      await harness.resultCount(1 + failed);
      expect(harness.broken).toHaveLength(failed === 5 ? 1 : 0);
      if (failed === 5) break;
      delays.push(clock.nextTimer()! - clock.now());
      await clock.advance(delays.at(-1)!);
    }
    expect(delays).toEqual([200, 400, 800, 1600]);
    expect(clock.nextTimer()).toBeNull();
    expect(harness.starts()).toBe(6);
    expect(harness.broken[0]?.message).toBe('this thread fails to start');
    expect(summary(harness.results.slice(1))).toEqual(
      [1, 2, 3, 4, 5].map((failed) => `waiting ${failed} interrupted`),
    );
    expect(hits).toEqual([]);
  });
});

describe('closing a transport in a thread', () => {
  it('waits for the requests under way', async () => {
    const harness = createThreadedHarness();
    harness.send([request('slow', '/hang', { timeout_ms: 400 })]);
    await hitCount(1);
    await harness.close();
    expect(summary(harness.results)).toEqual(['slow timeout']);
  });

  it('ends the idle thread, and returns one promise for every call', async () => {
    const harness = createThreadedHarness();
    harness.send([request('one', '/')]);
    await harness.resultCount(1);
    const closed = harness.close();
    expect(harness.close()).toBe(closed);
    await closed;
    expect(harness.close()).toBe(closed);
    await harness.endCount(1);
  });

  it.each([{ mute: false }, { mute: true }])(
    'does not wait for a starting thread (one that never becomes ready: $mute)',
    async ({ mute }) => {
      const harness = createThreadedHarness({ mute });
      harness.send([request('never sent', '/')]);
      if (mute) await harness.startCount(1);
      await harness.close();
      expect(summary(harness.results)).toEqual(['never sent interrupted']);
      expect([hits, harness.broken]).toEqual([[], []]);
    },
  );

  it('ends when the thread could not start', async () => {
    const harness = createThreadedHarness({ fails_from: 1 });
    harness.send([request('one', '/')]);
    await harness.brokenOnce();
    await harness.close();
    expect(harness.broken).toHaveLength(1);
  });

  it('does not wait for a delayed restart', async () => {
    const harness = createVirtualHarness();
    const { clock } = harness;
    harness.send([request('killer', 'die:')]);
    await harness.resultCount(1);
    harness.send([request('never sent', '/')]);
    await harness.close();
    expect(summary(harness.results)).toEqual(['killer interrupted by death', 'never sent interrupted']);
    expect(clock.nextTimer()).toBeNull();
    await clock.advance(10_000);
    expect(harness.starts()).toBe(1);
  });

  it('ends when the thread dies meanwhile, without a restart', async () => {
    const harness = createVirtualHarness();
    harness.send([request('mine', 'die-on-close:'), request('held', '/hang')]);
    await hitCount(1);
    await harness.close();
    expect(harness.results.find(({ id }) => id === 'held')).toMatchObject({
      outcome: { kind: 'interrupted' },
      sender_died: true,
    });
    expect(harness.results).toHaveLength(2);
    await harness.clock.advance(10_000);
    expect(harness.starts()).toBe(1);
  });

  it('ends a blocked thread 5 s after the last deadline', async () => {
    const harness = createVirtualHarness();
    const { clock } = harness;
    harness.send([request('one', '/')]);
    await harness.resultCount(1);
    harness.send([request('stuck', 'block:', { timeout_ms: 20_000 })]);
    await clock.advance(1_000);
    const closed = harness.close();
    expect(clock.nextTimer()! - clock.now()).toBe(24_000);
    await clock.advance(24_000);
    await closed;
    expect(summary(harness.results.slice(1))).toEqual(['stuck interrupted by death']);
    expect(clock.nextTimer()).toBeNull();
  });

  it('interrupts later requests', async () => {
    const harness = createThreadedHarness();
    const closed = harness.close();
    harness.send([request('a', '/'), request('b', '/', { isolated: true })]);
    await closed;
    await harness.resultCount(2);
    expect(summary(harness.results)).toEqual(['a interrupted', 'b interrupted']);
    expect(hits).toEqual([]);
  });
});

describe('an isolated request', () => {
  it('that kills its thread interrupts no other request', async () => {
    await using harness = createThreadedHarness();
    harness.send([request('shared', '/hang'), isolated('killer', 'die:'), isolated('next', '/next')]);
    await harness.resultCount(2);
    expect(summary(harness.results)).toEqual(['killer interrupted by death', 'next succeeded']);
    open.get('/hang')?.end('ok');
    await harness.resultCount(3);
    expect(summary(harness.results.slice(2))).toEqual(['shared succeeded']);
    // The shared thread, the isolation thread and its successor.
    expect(harness.starts()).toBe(3);
  });

  it('that killed the shared thread kills only its own thread when it is repeated', async () => {
    await using harness = createThreadedHarness();
    harness.send([request('a', '/hang/a'), request('b', '/hang/b'), request('killer', 'die:')]);
    await harness.resultCount(3);
    const suspects = harness.results.filter(({ sender_died }) => sender_died).map(({ id }) => id);
    expect(suspects).toEqual(['a', 'b', 'killer']);
    harness.send([request('c', '/hang/c')]);
    harness.send([isolated('killer', 'die:'), isolated('a', '/a'), isolated('b', '/b')]);
    await harness.resultCount(6);
    await hitCount(3);
    open.get('/hang/c')?.end('ok');
    await harness.resultCount(7);
    expect(summary(harness.results.slice(3))).toEqual([
      'killer interrupted by death',
      'a succeeded',
      'b succeeded',
      'c succeeded',
    ]);
    expect(harness.starts()).toBe(4);
  });

  it('waits for the result of the one before it', async () => {
    await using harness = createThreadedHarness();
    harness.send([isolated('a', '/hang/a'), isolated('killer', 'die:')]);
    harness.send([isolated('b', '/b')]);
    await hitCount(1);
    open.get('/hang/a')?.end('ok');
    await harness.resultCount(3);
    expect(summary(harness.results)).toEqual(['a succeeded', 'killer interrupted by death', 'b succeeded']);
    expect(hits).toEqual(['/hang/a', '/b']);
  });

  it('keeps the isolation thread for 30 s', async () => {
    await using harness = createVirtualHarness();
    const { clock } = harness;
    harness.send([isolated('a', '/')]);
    await harness.resultCount(1);
    await clock.advance(29_999);
    harness.send([isolated('b', '/')]);
    await harness.resultCount(2);
    expect(harness.starts()).toBe(2);
    await clock.advance(30_000);
    await harness.endCount(1);
    harness.send([isolated('c', '/')]);
    await harness.resultCount(3);
    expect(harness.starts()).toBe(3);
  });

  it('is interrupted when its thread cannot start; five failed starts in a row break the transport', async () => {
    await using harness = createVirtualHarness({ fails_from: 2 });
    harness.send([request('shared', '/')]);
    await harness.resultCount(1);
    for (let failed = 1; failed <= 5; failed += 1) {
      harness.send([isolated(`isolated ${failed}`, '/')]);
      await harness.clock.advance(5_000);
      await harness.resultCount(1 + failed);
      expect(harness.broken).toHaveLength(failed === 5 ? 1 : 0);
    }
    harness.send([isolated('isolated 6', '/'), request('shared', '/')]);
    await harness.resultCount(8);
    expect(summary(byId(harness.results.slice(1)))).toEqual([
      ...[1, 2, 3, 4, 5, 6].map((nth) => `isolated ${nth} interrupted`),
      'shared succeeded',
    ]);
    expect(harness.starts()).toBe(6);
  });

  it('ends before the transport has closed; a queued one is not sent', async () => {
    const harness = createThreadedHarness();
    harness.send([isolated('under way', '/hang', { timeout_ms: 400 }), isolated('waits', '/')]);
    await hitCount(1);
    await harness.close();
    expect(summary(harness.results)).toEqual(['waits interrupted', 'under way timeout']);
    expect(hits).toEqual(['/hang']);
  });
});
