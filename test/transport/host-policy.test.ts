import { describe, expect, it } from 'vitest';
import { openNetwork } from '../../packages/server/src/network.ts';
import { createHostPolicy, type HostPolicyOptions } from '../../packages/server/src/transport/host-policy.ts';
import { answers, startDnsServer } from '../support/dns-server.ts';
import { startFaultyReceiver } from '../support/faulty-receiver.ts';
import { replies } from '../support/receiver-behaviours.ts';
import { createTransportHarness } from '../support/transport-harness.ts';
import { watchDials } from '../support/watch-dials.ts';
import { words } from '../support/words.ts';

const dials = watchDials();
const ok = { '/': replies(200, 'ok') };

const policyOf = (lists: Partial<HostPolicyOptions>) =>
  createHostPolicy({ allow_hosts: null, refuse_hosts: [], https_only: false, ...lists });

/** The hosts that a policy refuses, once their addresses are known. */
const refusedBy = (lists: Partial<HostPolicyOptions>, hosts: readonly string[], address = '127.0.0.9') => {
  const policy = policyOf(lists);
  const addressesOf = (host: string) => (/^[\d.]+$|:/.test(host) ? [host] : [address]);
  return hosts.filter(
    (host) => policy.refuse({ protocol: 'https:', host, addresses: addressesOf(host) }) !== null,
  );
};

describe('the list of refused hosts', () => {
  it('has names, all names below one, addresses and networks', () => {
    const refuse_hosts = words`exact.example.com *.below.example.com 127.0.0.7 10.1.0.0/16 fd00::/8`;
    const refused = words`exact.example.com a.below.example.com a.b.below.example.com 127.0.0.7 10.1.2.3 fd12::1 ::ffff:10.1.2.3 64:ff9b::10.1.2.3`;
    const others = words`example.com a.exact.example.com below.example.com notbelow.example.com 127.0.0.8 10.2.0.1 fe80::1`;
    expect(refusedBy({ refuse_hosts }, [...refused, ...others])).toEqual(refused);
  });

  it('applies to every address of a name', () => {
    const policy = policyOf({ refuse_hosts: ['127.0.0.7'] });
    const refuse = (addresses: readonly string[]) =>
      policy.refuse({ protocol: 'https:', host: 'a.example.com', addresses });
    expect(refuse(['127.0.0.1', '127.0.0.7'])).toBe('HOST_REFUSED');
    expect(refuse(['127.0.0.1'])).toBeNull();
  });

  it.each(words`EXACT.example.com exact.example.com. Exact.Example.COM.`)('takes a name as %s', (entry) => {
    expect(refusedBy({ refuse_hosts: [entry] }, ['exact.example.com'])).toEqual(['exact.example.com']);
  });

  it('takes a name in its own letters and in punycode', () => {
    for (const entry of ['bücher.example', 'BÜCHER.example.', 'xn--bcher-kva.example', '*.bücher.example']) {
      const host = entry.startsWith('*') ? 'a.xn--bcher-kva.example' : 'xn--bcher-kva.example';
      expect(refusedBy({ refuse_hosts: [entry] }, [host])).toEqual([host]);
    }
  });

  it('takes precedence over the list of allowed hosts', () => {
    const lists = { allow_hosts: ['*.example.com'], refuse_hosts: ['bad.example.com', '127.0.0.7'] };
    expect(refusedBy(lists, words`bad.example.com good.example.com`)).toEqual(['bad.example.com']);
    expect(refusedBy(lists, ['good.example.com'], '127.0.0.7')).toEqual(['good.example.com']);
  });
});

describe('the list of allowed hosts', () => {
  it('allows nothing else, where it has a name or every address', () => {
    const allow_hosts = words`exact.example.com *.below.example.com 127.0.0.0/30`;
    const policy = policyOf({ allow_hosts });
    const refuse = (host: string, addresses: readonly string[]) =>
      policy.refuse({ protocol: 'https:', host, addresses });
    expect(refuse('exact.example.com', ['127.0.0.9'])).toBeNull();
    expect(refuse('a.below.example.com', ['127.0.0.9'])).toBeNull();
    expect(refuse('other.example.com', ['127.0.0.1', '127.0.0.2'])).toBeNull();
    expect(refuse('other.example.com', ['127.0.0.1', '127.0.0.9'])).toBe('HOST_NOT_ALLOWED');
    expect(refuse('127.0.0.9', ['127.0.0.9'])).toBe('HOST_NOT_ALLOWED');
  });

  it('without networks refuses an unknown name before it is resolved', () => {
    const target = { protocol: 'https:', host: 'a.example.com', addresses: null };
    expect(policyOf({ allow_hosts: ['b.example.com'] }).refuse(target)).toBe('HOST_NOT_ALLOWED');
    expect(policyOf({ allow_hosts: ['127.0.0.0/8'] }).refuse(target)).toBeNull();
  });

  it('opens neither private networks nor metadata addresses', () => {
    const settings = {
      allow_metadata: false,
      refuse_hosts: [],
      https_only: false,
      static_hosts: null,
      proxy: null,
    };
    const allow_hosts = words`10.0.0.0/8 169.254.169.254 metadata.google.internal *.internal`;
    const check = (allow_networks: readonly string[], url: string) => {
      const network = openNetwork({ ...settings, allow_networks, allow_hosts });
      network.resolver.close();
      return network.url_policy.check(url).ok;
    };
    expect(check([], 'https://10.0.0.7/')).toBe(false);
    expect(check(['10.0.0.0/8'], 'https://10.0.0.7/')).toBe(true);
    expect(check(['169.254.0.0/16'], 'https://169.254.169.254/')).toBe(false);
    expect(check(['169.254.0.0/16'], 'https://metadata.google.internal/')).toBe(false);
  });
});

it.each([
  '',
  '*',
  '*.',
  '*.*.example.com',
  'a b',
  'https://example.com',
  'example.com:443',
  'user@host',
  '10.0.0.0/33',
  '0x7f.1',
  '[::1]',
])('a malformed entry is refused at the start: "%s"', (entry) => {
  expect(() => policyOf({ refuse_hosts: [entry] })).toThrow(/is not a/);
  expect(() => policyOf({ allow_hosts: [entry] })).toThrow(/is not a/);
});

describe('at the time of a delivery, no connection is opened', () => {
  it('to a refused name, which is not looked up, or to a name with a refused address', async () => {
    await using dns = await startDnsServer({
      'bad.example.com': answers(['127.0.0.1']),
      'mixed.example.com': answers(['127.0.0.1', '127.0.0.7']),
      'good.example.com': answers(['127.0.0.1']),
    });
    await using receiver = await startFaultyReceiver(ok);
    const hosts = { refuse_hosts: words`bad.example.com 127.0.0.7` };
    await using harness = createTransportHarness({ dns, hosts });
    const blocked = { outcome: { kind: 'address_blocked', code: 'HOST_REFUSED' }, remote_address: null };
    const dialled = await dials.during(async () => {
      for (const host of words`bad.example.com BAD.example.com. mixed.example.com 127.0.0.7`) {
        expect(await harness.send(`http://${host}:${receiver.port}/`), host).toMatchObject(blocked);
      }
    });
    expect([dialled, dns.questions]).toEqual([
      [],
      words`A_mixed.example.com AAAA_mixed.example.com`.map((q) => q.replace('_', ' ')),
    ]);
    const good = await harness.send(`http://good.example.com:${receiver.port}/`);
    expect(good.outcome).toEqual({ kind: 'succeeded' });
  });

  it('to a host that the list of allowed hosts does not have', async () => {
    await using dns = await startDnsServer({
      'a.example.com': answers(['127.0.0.1']),
      'b.example.com': answers(['127.0.0.2']),
    });
    await using receiver = await startFaultyReceiver(ok);
    const hosts = { allow_hosts: words`127.0.0.1/32` };
    await using harness = createTransportHarness({ dns, hosts });
    const dialled = await dials.during(async () => {
      const { outcome } = await harness.send(`http://b.example.com:${receiver.port}/`);
      expect(outcome).toEqual({ kind: 'address_blocked', code: 'HOST_NOT_ALLOWED' });
      expect((await harness.send(`http://a.example.com:${receiver.port}/`)).outcome.kind).toBe('succeeded');
    });
    expect(dialled).toEqual(['127.0.0.1']);
  });

  it('over plain HTTP, if only https is allowed', async () => {
    await using receiver = await startFaultyReceiver(ok);
    await using harness = createTransportHarness({ hosts: { https_only: true } });
    const dialled = await dials.during(async () => {
      const { outcome } = await harness.send(receiver.origin);
      expect(outcome).toEqual({ kind: 'address_blocked', code: 'HTTPS_REQUIRED' });
    });
    expect(dialled).toEqual([]);
  });
});
