import { describe, expect, it } from 'vitest';
import type { Clock } from '../../packages/server/src/ports/clock.ts';
import { createResolver } from '../../packages/server/src/transport/resolver.ts';
import { createStaticHosts } from '../../packages/server/src/transport/static-hosts.ts';
import { answers, startDnsServer, type DnsServer } from '../support/dns-server.ts';

const clockAt = (time: { ms: number }): Clock => ({
  now: () => time.ms,
  monotonic: () => time.ms,
  after: () => () => {},
  soon: (work) => work(),
});

const setUp = (dns: DnsServer) => {
  const time = { ms: 1000 };
  return { time, resolver: createResolver({ clock: clockAt(time), servers: [dns.address] }) };
};

const asked = (dns: DnsServer): number =>
  dns.questions.filter((question) => question.startsWith('A ')).length;

describe('the resolver', () => {
  it('gives IPv4 before IPv6, whatever the spelling of the name', async () => {
    await using dns = await startDnsServer({ 'both.example.com': answers(['2001:db8::1', '192.0.2.1'], 60) });
    const { resolver } = setUp(dns);
    expect(await resolver.resolve('Both.Example.COM.')).toEqual(['192.0.2.1', '2001:db8::1']);
  });

  it('gives at most 16 addresses', async () => {
    const many = Array.from({ length: 40 }, (_, i) => `192.0.2.${i}`);
    await using dns = await startDnsServer({ 'many.example.com': answers(many) });
    expect(await setUp(dns).resolver.resolve('many.example.com')).toHaveLength(16);
  });

  it('asks once for a name that many wait for', async () => {
    await using dns = await startDnsServer({ 'a.example.com': answers(['192.0.2.1']) });
    const { resolver } = setUp(dns);
    await Promise.all(Array.from({ length: 20 }, () => resolver.resolve('a.example.com')));
    expect(asked(dns)).toBe(1);
    await resolver.resolve('a.example.com');
    expect(asked(dns), 'TTL 0 is not kept').toBe(2);
  });

  it.each([
    { ttl: 5, kept_ms: 5000 },
    { ttl: 86_400, kept_ms: 60_000 },
  ])('keeps an answer with a TTL of $ttl s for $kept_ms ms', async ({ ttl, kept_ms }) => {
    await using dns = await startDnsServer({ 'a.example.com': answers(['192.0.2.1'], ttl) });
    const { resolver, time } = setUp(dns);
    await resolver.resolve('a.example.com');
    time.ms += kept_ms - 1;
    await resolver.resolve('a.example.com');
    expect(asked(dns)).toBe(1);
    time.ms += 1;
    await resolver.resolve('a.example.com');
    expect(asked(dns)).toBe(2);
  });

  it('keeps "no such name" for 10 s, a server in trouble not at all', async () => {
    await using dns = await startDnsServer({ 'sick.example.com': () => ({ rcode: 'SERVFAIL' }) });
    const { resolver, time } = setUp(dns);
    const codeFor = (name: string) =>
      resolver.resolve(name).then(String, (error: { code: string }) => error.code);
    expect([await codeFor('none.example.com'), await codeFor('none.example.com')]).toEqual([
      'ENOTFOUND',
      'ENOTFOUND',
    ]);
    expect(asked(dns)).toBe(1);
    time.ms += 10_000;
    await codeFor('none.example.com');
    expect(asked(dns)).toBe(2);

    const before = asked(dns);
    expect(await codeFor('sick.example.com')).toBe('ESERVFAIL');
    const perLookup = asked(dns) - before;
    await codeFor('sick.example.com');
    expect(asked(dns)).toBe(before + 2 * perLookup);
  });

  it('uses the family that answers, and reports trouble rather than absence', async () => {
    await using dns = await startDnsServer({
      'four.example.com': (type) => (type === 'A' ? { addresses: ['192.0.2.1'] } : { rcode: 'SERVFAIL' }),
      'neither.example.com': (type) => ({ rcode: type === 'A' ? 'NXDOMAIN' : 'SERVFAIL' }),
    });
    const { resolver } = setUp(dns);
    expect(await resolver.resolve('four.example.com')).toEqual(['192.0.2.1']);
    await expect(resolver.resolve('neither.example.com')).rejects.toMatchObject({ code: 'ESERVFAIL' });
  });

  it('forgets names rather than grow: the oldest of 1001 is asked for again', async () => {
    const names = Array.from({ length: 1001 }, (_, i) => `n${i}.example.com`);
    await using dns = await startDnsServer(
      Object.fromEntries(names.map((name) => [name, answers(['192.0.2.1'], 60)])),
    );
    const { resolver } = setUp(dns);
    for (const name of names) await resolver.resolve(name);
    await resolver.resolve('n1000.example.com');
    expect(asked(dns)).toBe(1001);
    await resolver.resolve('n0.example.com');
    expect(asked(dns)).toBe(1002);
  });
});

describe('static hosts', () => {
  it('must be literal addresses, at least one', () => {
    expect(() => createStaticHosts({ a: ['b.example.com'] })).toThrow(/not an IP address/);
    expect(() => createStaticHosts({ a: [] })).toThrow(/no address/);
  });
});
