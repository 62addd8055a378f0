import { describe, expect, it } from 'vitest';
import { parseProxy } from '../../packages/server/src/transport/proxy-tunnel.ts';
import { answers, startDnsServer } from '../support/dns-server.ts';
import { clientTls, receiverTls, requiring, startFaultyReceiver } from '../support/faulty-receiver.ts';
import { startProxy } from '../support/forward-proxy.ts';
import { neverReplies, replies } from '../support/receiver-behaviours.ts';
import {
  connectionIsIdle,
  countClientSockets,
  createTransportHarness,
} from '../support/transport-harness.ts';

const NAME = 'receiver.example.com';
const ok = { '/': replies(200, 'fine') };
const FAILED = { kind: 'interrupted', fault: 'PROXY_FAILED' };

/** The result of a request through a proxy that answers this to CONNECT. */
const sendThrough = async (answer: string) => {
  await using proxy = await startProxy({ answer });
  await using dns = await startDnsServer({});
  await using harness = createTransportHarness({ dns, proxy: `http://${proxy.authority}` });
  const { outcome } = await harness.send(`http://${NAME}/`, { timeout_ms: 700 });
  return outcome;
};

describe('with a forward proxy', () => {
  it.each([
    ['http', undefined],
    ['https', receiverTls()],
  ])(
    'an %s request is sent through one kept tunnel, also if the name is unknown here',
    async (scheme, tls) => {
      await using receiver = await startFaultyReceiver(ok, tls === undefined ? {} : { tls });
      await using proxy = await startProxy();
      await using dns = await startDnsServer({});
      await using harness = createTransportHarness({
        dns,
        proxy: `http://us%20er:p%40ss@${proxy.authority}`,
      });
      for (const reused_connection of [false, true]) {
        const result = await harness.send(`${scheme}://${NAME}:${receiver.port}/`, { insecure_ssl: true });
        expect(result).toMatchObject({ outcome: { kind: 'succeeded' }, reused_connection });
        expect(result.response?.body).toBe('fine');
        await connectionIsIdle();
      }
      const authority = `${NAME}:${receiver.port}`;
      const credentials = Buffer.from('us er:p@ss').toString('base64');
      expect(proxy.requests).toEqual([
        `CONNECT ${authority} HTTP/1.1\r\nhost: ${authority}\r\nproxy-authorization: Basic ${credentials}\r\n\r\n`,
      ]);
      expect(receiver.requests[0]?.head).not.toContain('proxy-authorization');
      if (tls !== undefined) expect(receiver.server_names).toEqual([NAME]);
    },
  );

  it('a client certificate reaches the receiver', async () => {
    const { cert, key } = clientTls('client-a');
    await using receiver = await startFaultyReceiver(ok, { tls: requiring(clientTls('client-a')) });
    await using proxy = await startProxy();
    await using harness = createTransportHarness({ proxy: `http://${proxy.authority}` });
    const client_certificate = { certificate: cert.toString(), key: key.toString() };
    const request = { insecure_ssl: true, client_certificate };
    const { outcome } = await harness.send(`https://127.0.0.1:${receiver.port}/`, request);
    expect([outcome, receiver.client_names]).toEqual([{ kind: 'succeeded' }, ['client-a']]);
  });

  it('a forbidden literal, and a name with a forbidden address, never reach the proxy', async () => {
    await using proxy = await startProxy();
    await using dns = await startDnsServer({ [NAME]: answers(['127.0.0.2', '127.0.0.1']) });
    await using harness = createTransportHarness({
      dns,
      allow_networks: ['127.0.0.2/32'],
      proxy: `http://${proxy.authority}`,
    });
    using sockets = countClientSockets();
    for (const host of ['127.0.0.1', '[::1]', '169.254.169.254', NAME]) {
      expect((await harness.send(`http://${host}/`)).outcome).toMatchObject({ kind: 'address_blocked' });
    }
    expect([sockets.opened(), proxy.requests]).toEqual([0, []]);
  });

  it.each([
    ['a refused name', { refuse_hosts: [`*.example.com`] }, 'HOST_REFUSED'],
    ['a name with a refused address', { refuse_hosts: ['127.0.0.2'] }, 'HOST_REFUSED'],
    ['a name that is not listed', { allow_hosts: ['other.example.net'] }, 'HOST_NOT_ALLOWED'],
    [
      'a name with another address than those of the list',
      { allow_hosts: ['127.0.0.3'] },
      'HOST_NOT_ALLOWED',
    ],
  ])('%s never reaches the proxy', async (_, hosts, code) => {
    await using proxy = await startProxy();
    await using dns = await startDnsServer({ [NAME]: answers(['127.0.0.2']) });
    await using harness = createTransportHarness({ dns, proxy: `http://${proxy.authority}`, hosts });
    const { outcome } = await harness.send(`http://${NAME}/`);
    expect(outcome).toEqual({ kind: 'address_blocked', code });
    expect(proxy.requests).toEqual([]);
  });

  it('a name that is unknown here is allowed by its name, and not by a list of addresses', async () => {
    await using receiver = await startFaultyReceiver(ok);
    await using proxy = await startProxy();
    await using dns = await startDnsServer({});
    const outcomes: unknown[] = [];
    for (const entry of [NAME, '127.0.0.0/8']) {
      const hosts = { allow_hosts: [entry] };
      await using harness = createTransportHarness({ dns, proxy: `http://${proxy.authority}`, hosts });
      outcomes.push((await harness.send(`http://${NAME}:${receiver.port}/`)).outcome);
    }
    expect(outcomes).toEqual([{ kind: 'succeeded' }, { kind: 'address_blocked', code: 'HOST_NOT_ALLOWED' }]);
  });

  it('that refuses a host, the attempt fails', async () => {
    const refused = { kind: 'connection_failed', code: 'PROXY_REFUSED' };
    for (const status of [403, 502, 503]) {
      expect(await sendThrough(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`)).toEqual(refused);
    }
  });

  it.each([
    ['wants other credentials', 'HTTP/1.1 407 Who?\r\n\r\n'],
    ['does not speak HTTP', 'SSH-2.0-OpenSSH_9.6\r\n\r\n'],
    ['answers for the receiver', 'HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'],
    ['sends endless headers', `HTTP/1.1 200 OK\r\nx: ${'a'.repeat(32_000)}`],
  ])('that %s, it is a fault of this server and not of the hook', async (_, answer) => {
    expect(await sendThrough(answer)).toEqual(FAILED);
  });

  it('that is not there, it is a fault of this server too', async () => {
    const proxy = await startProxy();
    await proxy[Symbol.asyncDispose]();
    await using harness = createTransportHarness({ proxy: `http://${proxy.authority}` });
    expect((await harness.send('http://127.0.0.1/')).outcome).toEqual(FAILED);
  });

  it('that does not answer, the attempt ends at its deadline', { retry: 3 }, async () => {
    await using proxy = await startProxy({ answer: '' });
    await using harness = createTransportHarness({ proxy: `http://${proxy.authority}` });
    const { outcome, timings } = await harness.send('http://127.0.0.1/', { timeout_ms: 300 });
    expect(outcome).toEqual({ kind: 'timeout', phase: 'connect' });
    expect(timings.total_ms).toBeLessThan(550);
  });

  it('a receiver behind it that does not answer is a timeout of the receiver', async () => {
    await using receiver = await startFaultyReceiver({ '/': neverReplies });
    await using proxy = await startProxy();
    await using harness = createTransportHarness({ proxy: `http://${proxy.authority}` });
    const { outcome } = await harness.send(receiver.origin, { timeout_ms: 300 });
    expect(outcome).toEqual({ kind: 'timeout', phase: 'headers' });
  });
});

it.each(['ftp://a', 'https://proxy:1', 'http://proxy:1/path', 'http://user:se/cret@proxy:1', 'nothing'])(
  'the proxy %s is refused without quoting it',
  (url) => {
    expect(() => parseProxy(url)).toThrow(/^must be a URL such as/);
  },
);
