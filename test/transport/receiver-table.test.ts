import { promises as dns } from 'node:dns';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { answers, startDnsServer } from '../support/dns-server.ts';
import { startFaultyReceiver } from '../support/faulty-receiver.ts';
import { callRaw, hangUp } from '../support/raw-client.ts';
import { neverReplies } from '../support/receiver-behaviours.ts';
import type { Sight } from '../support/receiver-row.ts';
import { receiverTable } from '../support/receiver-table.ts';
import { isPossibleHere, startPeer } from '../support/table-peers.ts';
import { readDocPage } from '../support/doc-page.ts';

/** Long enough for a receiver that does something after all. */
const WATCH_MS = 60;

const stateOf: Readonly<Record<Sight['state'], string>> = {
  open: 'open',
  more: 'open',
  closed: 'closed',
  reset: 'reset',
  'no connection': 'connecting',
  'no handshake': 'handshaking',
};

describe('each receiver of the table does what its row describes', () => {
  const visible = receiverTable.filter((row) => row.sight !== null && isPossibleHere(row));
  it.each(visible)(
    '$receiver: $form',
    async ({ peer, is_https: is_tls = false, sight, is_second: is_twice = false }) => {
      await using started = await startPeer(peer);
      const received = callRaw(started.port, { is_tls, is_twice });
      const { text, bytes = 0, state } = sight!;
      const sees = (): boolean =>
        received.state() === stateOf[state] &&
        received.bytes() >= bytes &&
        (text?.test(received.text()) ?? true);
      await expect.poll(sees, { timeout: 5_000 }).toBe(true);
      const before = received.bytes();
      if (state === 'more') await expect.poll(received.bytes).toBeGreaterThan(before);
      else await delay(WATCH_MS);
      expect(received.state()).toBe(stateOf[state]);
      if (state !== 'more') expect(received.bytes()).toBe(before);
      await hangUp(received);
    },
  );

  it('and many at once: two thousand connections without an answer', async () => {
    await using receiver = await startFaultyReceiver({ '/': neverReplies });
    const all = Array.from({ length: 2_000 }, () => callRaw(receiver.port));
    await expect.poll(() => receiver.requests.length, { timeout: 10_000 }).toBe(2_000);
    expect(all.filter((one) => one.state() === 'open')).toHaveLength(2_000);
    await Promise.all(all.map(hangUp));
  });
});

it('the documentation has the outcomes of all receivers, and no others', () => {
  const documented = readDocPage('docs/operation.md')
    .rows('a receiver that')
    .map(([receiver, outcomes = '']) => [receiver, outcomes.split(', ').toSorted()]);
  const groups = Map.groupBy(receiverTable, ({ receiver }) => receiver);
  const expected = [...groups].map(([receiver, forms]) => [
    receiver,
    [...new Set(forms.map(({ outcome }) => outcome.kind))].toSorted(),
  ]);
  expect(documented).toEqual(expected);
});

const settle = (answer: Promise<unknown>): Promise<unknown> =>
  answer.catch((error: { readonly code: string }) => error.code);

/** A DNS server with these scripts, and a resolver that asks it. */
const ask = async (scripts: Parameters<typeof startDnsServer>[0]) => {
  const server = await startDnsServer(scripts);
  const resolver = new dns.Resolver({ timeout: 300, tries: 1 });
  resolver.setServers([server.address]);
  return {
    a: (name: string) => settle(resolver.resolve4(name, { ttl: true })),
    aaaa: (name: string) => settle(resolver.resolve6(name)),
    questions: server.questions,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
};

describe('the scripted DNS server', () => {
  it('replies with addresses and their TTL, for each family', async () => {
    await using server = await ask({ 'a.example.com': answers(['192.0.2.1', '2001:db8::1'], 7) });
    expect(await server.a('a.example.com')).toEqual([{ address: '192.0.2.1', ttl: 7 }]);
    expect(await server.aaaa('a.example.com')).toEqual(['2001:db8::1']);
    expect(server.questions).toEqual(['A a.example.com', 'AAAA a.example.com']);
  });

  it('replies with NXDOMAIN, SERVFAIL, REFUSED, no records, or not at all', async () => {
    await using server = await ask({
      'sick.example.com': () => ({ rcode: 'SERVFAIL' }),
      'closed.example.com': () => ({ rcode: 'REFUSED' }),
      'empty.example.com': answers([]),
      'silent.example.com': () => 'hang',
    });
    expect(await server.a('other.example.com')).toBe('ENOTFOUND');
    expect(await server.a('sick.example.com')).toBe('ESERVFAIL');
    expect(await server.a('closed.example.com')).toBe('EREFUSED');
    expect(await server.a('empty.example.com')).toBe('ENODATA');
    expect(await server.a('silent.example.com')).toBe('ETIMEOUT');
  });

  it('follows a CNAME, and ends a loop of them without an address', async () => {
    await using server = await ask({
      'alias.example.com': () => ({ cname: 'b.example.com' }),
      'b.example.com': answers(['192.0.2.7']),
      'one.example.com': () => ({ cname: 'two.example.com' }),
      'two.example.com': () => ({ cname: 'one.example.com' }),
    });
    expect(await server.a('alias.example.com')).toEqual([{ address: '192.0.2.7', ttl: 0 }]);
    expect(await server.a('one.example.com')).toEqual([]);
    expect(server.questions.filter((question) => question === 'A one.example.com')).toHaveLength(5);
  });

  it('replies with a thousand addresses over TCP, after a truncated packet', async () => {
    const many = Array.from({ length: 1_000 }, (_, n) => `192.0.${n >> 8}.${n & 255}`);
    await using server = await ask({ 'many.example.com': answers(many) });
    expect(await server.a('many.example.com')).toEqual(many.map((address) => ({ address, ttl: 0 })));
    expect(server.questions).toEqual(['A many.example.com', 'A many.example.com']);
  });

  it('changes its reply from one question to the next', async () => {
    await using server = await ask({
      'moving.example.com': (type, nth) => answers([nth === 1 ? '192.0.2.1' : '10.0.0.1'])(type, nth),
    });
    expect(await server.a('moving.example.com')).toEqual([{ address: '192.0.2.1', ttl: 0 }]);
    expect(await server.a('moving.example.com')).toEqual([{ address: '10.0.0.1', ttl: 0 }]);
  });
});
