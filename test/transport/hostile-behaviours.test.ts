import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { startFaultyReceiver, type Behaviour } from '../support/faulty-receiver.ts';
import {
  dripsBody,
  dripsHeaders,
  neverReplies,
  pours,
  redirects,
  repeatsInterim,
  replies,
  writes,
  writesAndCloses,
  writesAndResets,
} from '../support/receiver-behaviours.ts';
import { createTransportHarness } from '../support/transport-harness.ts';

const DEADLINE_MS = 300;

const SIZED = 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n';
const CHUNKED = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';

/** The result of a request to a receiver with this behaviour, and the number of requests that it received. */
const sendTo = async (behaviour: Behaviour, timeout_ms = 3000) => {
  await using receiver = await startFaultyReceiver({ '/': behaviour, '/healthy': replies(200, 'fine') });
  await using harness = createTransportHarness();
  const result = await harness.send(receiver.origin, { timeout_ms });
  const requests = receiver.requests.length;
  const healthy = await harness.send(`${receiver.origin}/healthy`);
  const fine = { outcome: { kind: 'succeeded' }, response: { body: 'fine' } };
  expect(healthy, 'the next request').toMatchObject(fine);
  return { ...result, requests };
};

const expectDeadline = (total_ms: number): void => {
  expect(total_ms).toBeGreaterThan(DEADLINE_MS - 10);
  expect(total_ms).toBeLessThan(DEADLINE_MS + 250);
};

// A busy machine can disturb a measurement of time, which is then repeated.
describe('one deadline ends', { retry: 3 }, () => {
  it.each([
    ['no reply', neverReplies],
    ['headers that drip', dripsHeaders],
  ])('%s', async (_, behaviour) => {
    const { outcome, response, timings } = await sendTo(behaviour, DEADLINE_MS);
    expect([outcome, response]).toEqual([{ kind: 'timeout', phase: 'headers' }, null]);
    expectDeadline(timings.total_ms);
  });

  it('a body that drips, which is a success: its 2xx headers were complete', async () => {
    const { outcome, response, timings } = await sendTo(dripsBody, DEADLINE_MS);
    expect(outcome).toEqual({ kind: 'succeeded' });
    const body = expect.stringMatching(/^x+$/);
    expect(response).toMatchObject({ status: 200, body_truncated: true, body });
    expectDeadline(timings.total_ms);
  });

  it.runIf(process.platform === 'linux')('a connect without an answer', async () => {
    // The worker blocks its event loop, so its backlog of one fills up and the kernel drops the next connection.
    const worker = new Worker(
      `const server = require('node:net').createServer();
       server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
         require('node:worker_threads').parentPort.postMessage(server.address().port);
         setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
       });`,
      { eval: true },
    );
    const [port] = await once(worker, 'message');
    const fillers: Socket[] = Array.from({ length: 2 }, () => connect(Number(port), '127.0.0.1'));
    await Promise.all(fillers.map((socket) => once(socket, 'connect')));
    await using harness = createTransportHarness();
    const { outcome, timings, remote_address } = await harness.send(`http://127.0.0.1:${port}/`, {
      timeout_ms: DEADLINE_MS,
    });
    for (const socket of fillers) socket.destroy();
    await worker.terminate();
    expect([outcome, remote_address]).toEqual([{ kind: 'timeout', phase: 'connect' }, null]);
    expectDeadline(timings.total_ms);
  });
});

describe('a response that is not HTTP/1.1', () => {
  it.each([
    ['an SSH banner', writes('SSH-2.0-OpenSSH_9.6\r\n'), /^HPE_/],
    ['HTTP/0.9', writesAndCloses('<html>hi</html>'), /^HPE_/],
    [
      '1 MiB of header',
      writes(`HTTP/1.1 200 OK\r\nx: ${'a'.repeat(1 << 20)}\r\n\r\n`),
      /^UND_ERR_HEADERS_OVERFLOW$/,
    ],
    [
      'both content-length and transfer-encoding',
      writes('HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'),
      /^(HPE_|UND_ERR_RES_CONTENT_LENGTH_MISMATCH$)/,
    ],
    [
      'two different lengths',
      writes('HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd'),
      /^(HPE_|UND_)/,
    ],
    ['status 000', writes('HTTP/1.1 000 Zero\r\ncontent-length: 0\r\n\r\n'), /^(STATUS_INVALID|HPE_)/],
    ['status 099', writes('HTTP/1.1 099 Low\r\ncontent-length: 0\r\n\r\n'), /^(STATUS_INVALID|HPE_)/],
    ['101 without an upgrade', repeatsInterim(101), /^STATUS_INVALID$/],
    ['endless 102', repeatsInterim(102), /^TOO_MANY_INTERIM_RESPONSES$/],
    ['endless 103', repeatsInterim(103), /^TOO_MANY_INTERIM_RESPONSES$/],
    ['a status that is not a number', writes('HTTP/1.1 abc Nope\r\n\r\n'), /^HPE_/],
  ])('is response_invalid: %s', async (_, behaviour, code) => {
    const { outcome, response, requests } = await sendTo(behaviour);
    expect(outcome).toEqual({ kind: 'response_invalid', code: expect.stringMatching(code) });
    expect([response, requests]).toEqual([null, 1]);
  });

  it.each([
    ['FIN before any byte', writesAndCloses('')],
    ['FIN inside the headers', writesAndCloses('HTTP/1.1 200 OK\r\nx-a: b')],
    ['endless 100, an error for undici', repeatsInterim(100)],
    ['an upgrade without request', writes('HTTP/1.1 101 Up\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n')],
  ])('is connection_failed: %s', async (_, behaviour) => {
    const { outcome, response, requests } = await sendTo(behaviour);
    expect(outcome).toEqual({ kind: 'connection_failed', code: 'UND_ERR_SOCKET' });
    expect([response, requests]).toEqual([null, 1]);
  });
});

describe('the outcome depends on complete headers', () => {
  it.each([
    ['the connection is reset after them', writesAndResets(`${SIZED}abc`)],
    ['the body is shorter than announced', writesAndCloses(`${SIZED}abc`)],
    ['a chunk is broken', writes(`${CHUNKED}3\r\nabc\r\nZZ\r\n`)],
    ['a chunked body never ends', writesAndCloses(`${CHUNKED}3\r\nabc\r\n`)],
  ])('a 200 succeeded although %s', async (_, behaviour) => {
    const { outcome, response } = await sendTo(behaviour);
    expect([outcome, response?.body, response?.body_truncated]).toEqual([{ kind: 'succeeded' }, 'abc', true]);
  });

  it('bytes after an announced body are not the next response', async () => {
    const extra = 'HTTP/1.1 500 Injected\r\ncontent-length: 0\r\n\r\n';
    const behaviour = writes(`HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok${extra}`);
    const { outcome, response } = await sendTo(behaviour);
    expect([outcome, response?.body, response?.body_truncated]).toEqual([{ kind: 'succeeded' }, 'ok', false]);
  });

  it('a body without length ends with its connection', async () => {
    const { response } = await sendTo(writesAndCloses('HTTP/1.1 200 OK\r\n\r\nall of it'));
    expect(response).toMatchObject({ body: 'all of it', body_truncated: false });
  });

  it('interim responses are skipped', async () => {
    const text = 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\nx-a: b\r\n\r\n';
    const { outcome, response } = await sendTo(writes(text));
    expect(outcome).toEqual({ kind: 'succeeded' });
    expect(response).toEqual({ status: 204, headers: { 'x-a': 'b' }, body: '', body_truncated: false });
  });

  it.each([400, 401, 410, 429, 500, 503, 600, 999])('status %i is http_status', async (status) => {
    const headers = 'www-authenticate: Basic\r\nretry-after: -1\r\n';
    const { outcome, response } = await sendTo(replies(status, 'no', headers));
    expect(outcome).toEqual({ kind: 'http_status', status });
    expect(response).toMatchObject({ status, body: 'no', headers: { 'retry-after': '-1' } });
  });

  it.each([301, 302, 303, 307, 308])('a redirect is not followed: %i', async (status) => {
    const outcome = { kind: 'http_status', status };
    const result = { outcome, response: { headers: { location: '/' } }, requests: 1 };
    expect(await sendTo(redirects(status))).toMatchObject(result);
  });
});

describe('a body', () => {
  it.each([
    [16_384, 16_384, false],
    [16_385, 16_384, true],
    [300_000, 16_384, true],
  ])('of %i bytes is stored up to %i', async (sent, kept, body_truncated) => {
    const { outcome, response } = await sendTo(replies(200, 'y'.repeat(sent)));
    expect(outcome).toEqual({ kind: 'succeeded' });
    expect([response?.body.length, response?.body_truncated]).toEqual([kept, body_truncated]);
  });

  it('of 10 GB is cut at once: the socket closes before more than its buffers are filled', async () => {
    const accepted = Promise.withResolvers<number>();
    const { outcome, response, timings } = await sendTo(pours(accepted.resolve));
    expect(outcome).toEqual({ kind: 'succeeded' });
    expect([response?.body.length, response?.body_truncated]).toEqual([16_384, true]);
    expect(timings.total_ms).toBeLessThan(1000);
    expect(await accepted.promise).toBeLessThan(16 << 20);
  });

  it('in gzip is stored as received, never decoded', async () => {
    const bomb = gzipSync(Buffer.alloc(4 << 20)).toString('latin1');
    const head = `HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${bomb.length}\r\n\r\n`;
    const { response, timings } = await sendTo(writes(head + bomb));
    expect(response?.headers['content-encoding']).toBe('gzip');
    expect(response?.body).toBe(Buffer.from(bomb, 'latin1').toString('utf8'));
    expect(timings.total_ms).toBeLessThan(1000);
  });

  it('that is not UTF-8 is stored with replacement characters', async () => {
    const { response } = await sendTo(writes('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\na\xff\x00b'));
    expect(response?.body).toBe('a\ufffd\u0000b');
  });
});
