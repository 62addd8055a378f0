import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { type Behaviour, startFaultyReceiver } from '../support/faulty-receiver.ts';
import { replies, repliesOnceThen, writes } from '../support/receiver-behaviours.ts';
import { connectionIsIdle, createTransportHarness } from '../support/transport-harness.ts';

/** 16 KiB each of headers and body, and one read of 64 KiB that goes beyond them. */
const BYTES_READ_MAX = 98_304;

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nfine';
const CHUNKED = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';
const interim = (count: number, header = ''): string =>
  `HTTP/1.1 103 Early Hints\r\n${header}\r\n`.repeat(count);

/** Writes `head` once, and then `piece` for as long as the peer reads. */
const floods =
  (head: string, piece: string): Behaviour =>
  (socket) => {
    const pieces = piece.repeat(Math.ceil(16_384 / piece.length));
    const flood = (): void => {
      while (!socket.destroyed && socket.write(pieces, 'latin1'));
    };
    socket.on('drain', flood);
    socket.write(head, 'latin1');
    flood();
  };

const sendTo = async (behaviour: Behaviour) => {
  await using receiver = await startFaultyReceiver({ '/': behaviour });
  await using harness = createTransportHarness();
  const { outcome, response } = await harness.send(receiver.origin, { timeout_ms: 3000 });
  return { outcome, response, requests: receiver.requests.length };
};

const invalid = (code: string) => ({
  outcome: { kind: 'response_invalid', code },
  response: null,
  requests: 1,
});

describe('a response has at most 16 interim responses', () => {
  it('16 are skipped', async () => {
    const { outcome, response } = await sendTo(writes(interim(16) + OK));
    expect([outcome, response?.body]).toEqual([{ kind: 'succeeded' }, 'fine']);
  });

  it('the 17th ends the attempt', async () => {
    expect(await sendTo(writes(interim(17) + OK))).toEqual(invalid('TOO_MANY_INTERIM_RESPONSES'));
  });

  it('a flood ends long before its deadline', async () => {
    expect(await sendTo(floods('', interim(1)))).toEqual(invalid('TOO_MANY_INTERIM_RESPONSES'));
  });

  it('which are counted for each request of a connection', async () => {
    await using receiver = await startFaultyReceiver({ '/': writes(interim(10) + OK) });
    await using harness = createTransportHarness();
    for (let nth = 1; nth <= 3; nth += 1) {
      expect((await harness.send(receiver.origin)).outcome).toEqual({ kind: 'succeeded' });
      await connectionIsIdle();
    }
    expect(receiver.connections()).toBe(1);
  });
});

describe('64 KiB before the final headers end the attempt', () => {
  it.each([
    ['interim responses with large headers', floods('', interim(1, `x: ${'a'.repeat(12_000)}\r\n`))],
    ['empty lines', floods('', '\r\n')],
    ['a reason phrase', floods('HTTP/1.1 200 ', 'a')],
    ['spaces before a header value', floods('HTTP/1.1 200 OK\r\nx:', ' ')],
  ])('%s', async (_, behaviour) => {
    expect(await sendTo(behaviour)).toEqual(invalid('RESPONSE_HEAD_TOO_LARGE'));
  });

  it('of a request on a kept connection, which is not sent again', async () => {
    await using receiver = await startFaultyReceiver({ '/': repliesOnceThen(floods('', '\r\n')) });
    await using harness = createTransportHarness();
    await harness.send(receiver.origin);
    await connectionIsIdle();
    const { outcome, reused_connection } = await harness.send(receiver.origin);
    expect([outcome, reused_connection]).toEqual([
      { kind: 'response_invalid', code: 'RESPONSE_HEAD_TOO_LARGE' },
      true,
    ]);
    expect(receiver.requests).toHaveLength(2);
  });
});

describe('a response is read up to 64 KiB of its bytes on the wire', () => {
  it.each([
    ['one chunk extension', floods(`${CHUNKED}3\r\nabc\r\n1;x=`, 'a')],
    ['chunks with extensions', floods(`${CHUNKED}3\r\nabc\r\n`, `1;${'x'.repeat(8000)}\r\na\r\n`)],
    ['trailers', floods(`${CHUNKED}3\r\nabc\r\n0\r\n`, 'x: y\r\n')],
  ])('%s', async (_, behaviour) => {
    const { outcome, response, requests } = await sendTo(behaviour);
    expect([outcome, response?.body_truncated, requests]).toEqual([{ kind: 'succeeded' }, true, 1]);
    expect(response?.body).toMatch(/^abca*$/);
  });

  it('counted for each request of a connection', async () => {
    await using receiver = await startFaultyReceiver({ '/': replies(200, 'x'.repeat(16_000)) });
    await using harness = createTransportHarness();
    for (let nth = 1; nth <= 8; nth += 1) {
      const { response } = await harness.send(receiver.origin);
      expect(response?.body_truncated).toBe(false);
      await connectionIsIdle();
    }
    expect(receiver.connections()).toBe(1);
  });
});

/** Collects the client sockets that this process opens. */
const watchClientSockets = (): { readonly all: readonly Socket[] } & Disposable => {
  const all: Socket[] = [];
  const onSocket = (message: unknown): void => void all.push((message as { readonly socket: Socket }).socket);
  subscribe('net.client.socket', onSocket);
  return { all, [Symbol.dispose]: () => void unsubscribe('net.client.socket', onSocket) };
};

/** A receiver in its own thread that floods every connection with this text. */
const startFlood = async (text: string) => {
  const worker = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads');
     const piece = Buffer.from(workerData.repeat(Math.ceil(65536 / workerData.length)));
     const server = require('node:net').createServer((socket) => {
       const flood = () => { while (!socket.destroyed && socket.write(piece)); };
       socket.on('error', () => {}).on('drain', flood).once('data', flood);
     });
     server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));`,
    { eval: true, workerData: text },
  );
  const [port] = await once(worker, 'message');
  return {
    origin: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => void (await worker.terminate()),
  };
};

it('a hundred bodies of 10 GB at once are each read up to 96 KiB, whatever their encoding', async () => {
  const head = 'HTTP/1.1 200 OK\r\ncontent-length: 10737418240\r\n';
  for (const encoding of ['identity', 'gzip', 'br', 'zstd', 'gzip, gzip, gzip, gzip, gzip, gzip']) {
    await using flood = await startFlood(
      `${head}content-encoding: ${encoding}\r\n\r\n${'x'.repeat(1 << 20)}`,
    );
    await using harness = createTransportHarness();
    using sockets = watchClientSockets();
    const all = Array.from({ length: 100 }, () => harness.send(flood.origin));
    for (const { outcome, response } of await Promise.all(all)) {
      expect(outcome).toEqual({ kind: 'succeeded' });
      expect([response?.body.length, response?.body_truncated]).toEqual([16_384, true]);
    }
    const read = sockets.all.map(({ bytesRead }) => bytesRead);
    expect(read).toHaveLength(100);
    expect(Math.max(...read)).toBeLessThanOrEqual(BYTES_READ_MAX);
  }
});

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

// A busy machine can disturb a measurement of time, which is then repeated.
describe('receivers that flood', { retry: 3 }, () => {
  it.each([
    ['interim responses', interim(1)],
    ['empty lines', '\r\n'],
    ['chunk extensions', `${CHUNKED}1;x=${'a'.repeat(1 << 20)}`],
  ])('do not slow the requests to others: %s', async (_, text) => {
    await using flood = await startFlood(text);
    await using healthy = await startFaultyReceiver({ '/': replies(200, 'fine') });
    await using harness = createTransportHarness();
    const measure = async (): Promise<number> => {
      const durations: number[] = [];
      for (let nth = 0; nth < 60; nth += 1) {
        const { timings } = await harness.send(healthy.origin);
        durations.push(timings.total_ms);
      }
      return median(durations);
    };
    const before = await measure();
    const flooded = Array.from({ length: 16 }, () => harness.send(flood.origin, { timeout_ms: 5000 }));
    const during = await measure();
    expect(during).toBeLessThan(before * 5 + 20);
    const { timings } = await Promise.any(flooded);
    expect(timings.total_ms).toBeLessThan(4000);
  });
});
