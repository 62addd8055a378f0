import { describe, expect, it } from 'vitest';
import type { Clock } from '../../packages/server/src/ports/clock.ts';
import { createResolver } from '../../packages/server/src/transport/resolver.ts';
import { createStaticHosts } from '../../packages/server/src/transport/static-hosts.ts';
import { answers, startDnsServer, type DnsServer } from '../support/dns-server.ts';

const clockAt = (time: { ms: number }): Clock => ({
  now: () => time.ms,
  monotonic: () => time.ms,
  busy: () => 0,
  after: () => () => {},
  soon: (work) => work(),
  later: (work) => work(),
});

const setUp = (dns: DnsServer) => {
  const time = { ms: 1000 };
  return { time, resolver: createResolver({ clock: clockAt(time), servers: [dns.address] }) };
};

const queries = (dns: DnsServer): number =>
  dns.questions.filter((question) => question.startsWith('A ')).length;

describe('the resolver', () => {
  it('returns IPv4 before IPv6, for any spelling of the name', async () => {
    await using dns = await startDnsServer({ 'both.example.com': answers(['2001:db8::1', '192.0.2.1'], 60) });
    const { resolver } = setUp(dns);
    expect(await resolver.resolve('Both.Example.COM.')).toEqual(['192.0.2.1', '2001:db8::1']);
  });

  it('returns at most 16 addresses', async () => {
    const many = Array.from({ length: 40 }, (_, i) => `192.0.2.${i}`);
    await using dns = await startDnsServer({ 'many.example.com': answers(many) });
    expect(await setUp(dns).resolver.resolve('many.example.com')).toHaveLength(16);
  });

  it('sends one query for concurrent lookups of a name', async () => {
    await using dns = await startDnsServer({ 'a.example.com': answers(['192.0.2.1']) });
    const { resolver } = setUp(dns);
    await Promise.all(Array.from({ length: 20 }, () => resolver.resolve('a.example.com')));
    expect(queries(dns)).toBe(1);
    await resolver.resolve('a.example.com');
    expect(queries(dns), 'TTL 0 is not cached').toBe(2);
  });

  it.each([
    { ttl: 5, kept_ms: 5000 },
    { ttl: 86_400, kept_ms: 60_000 },
  ])('caches an answer with a TTL of $ttl s for $kept_ms ms', async ({ ttl, kept_ms }) => {
    await using dns = await startDnsServer({ 'a.example.com': answers(['192.0.2.1'], ttl) });
    const { resolver, time } = setUp(dns);
    await resolver.resolve('a.example.com');
    time.ms += kept_ms - 1;
    await resolver.resolve('a.example.com');
    expect(queries(dns)).toBe(1);
    time.ms += 1;
    await resolver.resolve('a.example.com');
    expect(queries(dns)).toBe(2);
  });

  it('caches NXDOMAIN for 10 s, and server failures not at all', async () => {
    await using dns = await startDnsServer({ 'sick.example.com': () => ({ rcode: 'SERVFAIL' }) });
    const { resolver, time } = setUp(dns);
    const codeFor = (name: string) =>
      resolver.resolve(name).then(String, (error: { code: string }) => error.code);
    for (const _ of [1, 2]) expect(await codeFor('none.example.com')).toBe('ENOTFOUND');
    expect(queries(dns)).toBe(1);
    time.ms += 10_000;
    await codeFor('none.example.com');
    expect(queries(dns)).toBe(2);

    const before = queries(dns);
    expect(await codeFor('sick.example.com')).toBe('ESERVFAIL');
    const perLookup = queries(dns) - before;
    await codeFor('sick.example.com');
    expect(queries(dns)).toBe(before + 2 * perLookup);
  });

  it('uses the family that answers, and prefers a server failure over NXDOMAIN', async () => {
    await using dns = await startDnsServer({
      'four.example.com': (type) => (type === 'A' ? { addresses: ['192.0.2.1'] } : { rcode: 'SERVFAIL' }),
      'neither.example.com': (type) => ({ rcode: type === 'A' ? 'NXDOMAIN' : 'SERVFAIL' }),
    });
    const { resolver } = setUp(dns);
    expect(await resolver.resolve('four.example.com')).toEqual(['192.0.2.1']);
    await expect(resolver.resolve('neither.example.com')).rejects.toMatchObject({ code: 'ESERVFAIL' });
  });

  it('caches at most 1000 names: the oldest of 1001 is queried again', async () => {
    const names = Array.from({ length: 1001 }, (_, i) => `n${i}.example.com`);
    await using dns = await startDnsServer(
      Object.fromEntries(names.map((name) => [name, answers(['192.0.2.1'], 60)])),
    );
    const { resolver } = setUp(dns);
    for (const name of names) await resolver.resolve(name);
    await resolver.resolve('n1000.example.com');
    expect(queries(dns)).toBe(1001);
    await resolver.resolve('n0.example.com');
    expect(queries(dns)).toBe(1002);
  });
});

describe('static hosts', () => {
  it('must be literal addresses, at least one', () => {
    expect(() => createStaticHosts({ a: ['b.example.com'] })).toThrow(/not an IP address/);
    expect(() => createStaticHosts({ a: [] })).toThrow(/no address/);
  });
});
