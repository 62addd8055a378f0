import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { answers, startDnsServer, type DnsScript } from '../support/dns-server.ts';
import { startFaultyReceiver } from '../support/faulty-receiver.ts';
import { portOf } from '../support/port-of.ts';
import { replies } from '../support/receiver-behaviours.ts';
import {
  connectionIsIdle,
  countClientSockets,
  createTransportHarness,
} from '../support/transport-harness.ts';
import { watchDials } from '../support/watch-dials.ts';
import { words } from '../support/words.ts';
import { HOSTILE_ROWS } from './hostile-urls.ts';

watchDials();
const NAME = 'receiver.example.com';
const ok = { '/': replies(200, 'ok') };

/** The only allowed address of these tests, where they do not allow all of loopback. */
const allow_networks = ['127.0.0.1/32'];

/** Replies with an allowed address to the first question, and with a forbidden one to later ones. */
const rebinds: DnsScript = (type, nth) => {
  if (type === 'AAAA') return { addresses: [] };
  return { addresses: [nth === 1 ? '127.0.0.1' : '127.0.0.2'] };
};

describe('the connector opens no socket', () => {
  it.each(HOSTILE_ROWS.filter(({ refusal }) => refusal === 'url_address'))(
    'for literals: $row',
    async ({ urls }) => {
      await using harness = createTransportHarness({ allow_networks: [] });
      using sockets = countClientSockets();
      for (const url of urls) {
        const outcome = { kind: 'address_blocked', code: 'ADDRESS_FORBIDDEN' };
        expect(await harness.send(url), url).toMatchObject({ outcome, remote_address: null });
      }
      expect(sockets.opened()).toBe(0);
    },
  );

  it('for localhost and names under it', async () => {
    await using harness = createTransportHarness({ allow_networks: [] });
    using sockets = countClientSockets();
    for (const host of words`localhost localhost. LOCALHOST foo.localhost`) {
      const { outcome } = await harness.send(`http://${host}:3000/`);
      expect(outcome).toEqual({ kind: 'address_blocked', code: 'ANSWER_FORBIDDEN' });
    }
    expect(sockets.opened()).toBe(0);
  });

  it('for URLs that cannot be parsed or are not HTTP', async () => {
    await using harness = createTransportHarness();
    using sockets = countClientSockets();
    const rows = HOSTILE_ROWS.filter(({ refusal }) => refusal === 'url_scheme');
    for (const url of [...rows.flatMap((row) => row.urls), 'http://', '//127.0.0.1/', 'http://[::1%25lo]/']) {
      expect((await harness.send(url)).outcome.kind, url).toBe('connection_failed');
    }
    expect(sockets.opened()).toBe(0);
  });

  it.each<[string, readonly string[]]>([
    ['a forbidden address among allowed ones', ['127.0.0.2', '127.0.0.1', '127.0.0.3']],
    ['only a forbidden IPv6 address', ['::1']],
    ['a forbidden IPv6 address beside an allowed IPv4 one', ['127.0.0.2', '::1']],
  ])('for a name whose answer has %s', async (_, addresses) => {
    await using dns = await startDnsServer({ [NAME]: answers(addresses) });
    await using harness = createTransportHarness({ allow_networks: ['127.0.0.2/32'], dns });
    using sockets = countClientSockets();
    const { outcome } = await harness.send(`http://${NAME}/`);
    expect(outcome).toEqual({ kind: 'address_blocked', code: 'ANSWER_FORBIDDEN' });
    expect(sockets.opened()).toBe(0);
  });

  it('for a name that is rebound after its first connection ended', async () => {
    await using dns = await startDnsServer({ [NAME]: rebinds });
    await using receiver = await startFaultyReceiver({ '/': replies(200, 'ok', 'connection: close\r\n') });
    await using harness = createTransportHarness({ dns, allow_networks });
    const url = `http://${NAME}:${receiver.port}/`;
    expect((await harness.send(url)).outcome).toEqual({ kind: 'succeeded' });
    await connectionIsIdle();
    using sockets = countClientSockets();
    expect((await harness.send(url)).outcome.kind).toBe('address_blocked');
    expect(sockets.opened()).toBe(0);
  });

  it('that the counter of these tests would miss', async () => {
    await using receiver = await startFaultyReceiver(ok);
    await using harness = createTransportHarness();
    using sockets = countClientSockets();
    await harness.send(receiver.origin);
    expect(sockets.opened()).toBe(1);
  });
});

describe('the connector dials', () => {
  it('the address that the policy checked, with one lookup, and keeps the connection', async () => {
    await using dns = await startDnsServer({ [NAME]: rebinds });
    await using receiver = await startFaultyReceiver(ok);
    await using harness = createTransportHarness({ dns });
    const url = `http://${NAME}:${receiver.port}/`;

    const first = await harness.send(url);
    const succeeded = { outcome: { kind: 'succeeded' }, remote_address: '127.0.0.1' };
    const dialled = { dns_ms: expect.any(Number), connect_ms: expect.any(Number), tls_ms: null };
    expect(first).toMatchObject({ ...succeeded, reused_connection: false, timings: dialled });
    await connectionIsIdle();
    const second = await harness.send(url);
    const reused = { dns_ms: null, connect_ms: null, tls_ms: null };
    expect(second).toMatchObject({ ...succeeded, reused_connection: true, timings: reused });
    expect([receiver.connections(), dns.questions]).toEqual([1, [`A ${NAME}`, `AAAA ${NAME}`]]);
    expect(receiver.requests[1]?.head).toContain(`host: ${NAME}:${receiver.port}`);
  });

  it('localhost, where loopback is allowed, without a DNS query', async () => {
    await using dns = await startDnsServer({});
    await using receiver = await startFaultyReceiver(ok);
    await using harness = createTransportHarness({ dns });
    const { outcome } = await harness.send(`http://a.localhost:${receiver.port}/`);
    expect([outcome, dns.questions]).toEqual([{ kind: 'succeeded' }, []]);
  });

  it('::1 when localhost does not answer on 127.0.0.1', async (context) => {
    const server = createServer((socket) => void socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'));
    server.listen(0, '::1');
    const [failure] = await Promise.race([once(server, 'listening'), once(server, 'error')]);
    if (failure !== undefined) context.skip('no IPv6 here');
    await using harness = createTransportHarness();
    const result = await harness.send(`http://localhost:${portOf(server)}/`);
    expect(result).toMatchObject({ outcome: { kind: 'succeeded' }, remote_address: '::1' });
    server.close();
  });

  it('the addresses of a static host in order, until one accepts', async () => {
    await using receiver = await startFaultyReceiver(ok);
    await using harness = createTransportHarness({ static_hosts: { receiver: ['127.0.0.2', '127.0.0.1'] } });
    const result = await harness.send(`http://receiver:${receiver.port}/`);
    expect(result).toMatchObject({ outcome: { kind: 'succeeded' }, remote_address: '127.0.0.1' });
  });

  it('a closed port once, as connection_failed', async () => {
    const receiver = await startFaultyReceiver({});
    await receiver[Symbol.asyncDispose]();
    await using harness = createTransportHarness();
    using sockets = countClientSockets();
    const result = await harness.send(receiver.origin);
    expect(result).toMatchObject({
      outcome: { kind: 'connection_failed', code: 'ECONNREFUSED' },
      remote_address: null,
      reused_connection: false,
    });
    expect(sockets.opened()).toBe(1);
  });
});
