import { describe, expect, it } from 'vitest';
import { createAddressPolicy } from '../../packages/server/src/transport/address-policy.ts';
import { createHostPolicy, type HostPolicyOptions } from '../../packages/server/src/transport/host-policy.ts';
import { createStaticHosts } from '../../packages/server/src/transport/static-hosts.ts';
import { createUrlPolicy } from '../../packages/server/src/transport/url-policy.ts';
import { words } from '../support/words.ts';
import { HOSTILE_ROWS } from './hostile-urls.ts';

const policyWith = (
  allow_networks: readonly string[],
  hosts: Record<string, string[]> = {},
  lists: Partial<HostPolicyOptions> = {},
) =>
  createUrlPolicy(
    createAddressPolicy({ allow_networks, allow_metadata: false }),
    createHostPolicy({ allow_hosts: null, refuse_hosts: [], https_only: false, ...lists }),
    createStaticHosts(hosts),
  );

const closed = policyWith([]);

const refusalOf = (url: string, policy = closed): string => {
  const verdict = policy.check(url);
  return verdict.ok ? 'ok' : verdict.refusal;
};

const messageFor = (url: string): string => {
  const verdict = closed.check(url);
  return verdict.ok ? '' : verdict.message;
};

const urlOf = (length: number): string => 'https://example.com/'.padEnd(length, 'a');

describe('a URL', () => {
  it.each(HOSTILE_ROWS)('is refused as $refusal: $row', ({ refusal, urls }) => {
    expect(urls.filter((url) => refusalOf(url) !== refusal)).toEqual([]);
  });

  it.each(words`
    https://example.com/ https://example.com./hooks?a=1&b=%20 http://hooks.example.co.uk:8080/x
    https://example.com:8443 http://8.8.8.8/ https://[2606:4700:4700::1111]:3000/ https://münchen.de/ä
    https://xn--mnchen-3ya.de/ https://user.example.com/@name?mail=a@b.c
  `)('is accepted when it is public: %s', (url) => {
    expect(closed.check(url)).toEqual({ ok: true });
  });

  it('may have 2048 characters and not more', () => {
    expect([refusalOf(urlOf(2048)), refusalOf(urlOf(2049))]).toEqual(['ok', 'url_malformed']);
  });

  it('may have any name of loopback where 127.0.0.0/8 is allowed', () => {
    const local = policyWith(['127.0.0.0/8']);
    for (const host of words`127.0.0.1 127.1 localhost LOCALHOST. a.localhost [::1] [::ffff:127.0.0.1]`) {
      expect(refusalOf(`http://${host}:3000/`, local)).toBe('ok');
    }
    expect(refusalOf('http://10.0.0.1/', local)).toBe('url_address');
  });

  it('is refused for its port even where its network is allowed', () => {
    const local = policyWith(['127.0.0.0/8']);
    for (const host of ['127.0.0.1:6379', 'localhost:22']) {
      expect(refusalOf(`http://${host}/`, local)).toBe('url_port');
    }
  });

  it('is refused for a metadata address even where its network is allowed', () => {
    const wide = policyWith(['0.0.0.0/0', '::/0']);
    for (const host of words`169.254.169.254 [::ffff:a9fe:a9fe] [fd00:ec2::254] 100.100.100.200`) {
      expect(refusalOf(`http://${host}/`, wide)).toBe('url_address');
    }
    expect(refusalOf('http://metadata.google.internal/', wide)).toBe('url_host');
  });

  it('with a static host is checked by the addresses of that host', () => {
    const hosts = { receiver: ['10.0.0.5'], 'Away.Test.': ['10.1.0.5', '8.8.8.8'] };
    const policy = policyWith(['10.0.0.0/16'], hosts);
    expect(refusalOf('http://receiver:8080/', policy)).toBe('ok');
    expect(refusalOf('http://away.test/', policy)).toBe('url_host');
    expect(refusalOf('http://other/', policy)).toBe('url_host');
  });

  it('is refused with a message that names the setting to change', () => {
    expect(messageFor('http://10.0.0.5/')).toMatch(/10\.0\.0\.5.*BELLWIRE_ALLOW_NETWORKS.*10\.0\.0\.5\/32/);
    expect(messageFor('http://localhost/')).toMatch(/localhost.*BELLWIRE_ALLOW_NETWORKS.*127\.0\.0\.0\/8/);
    expect(messageFor('http://receiver/')).toContain('BELLWIRE_STATIC_HOSTS');
  });

  it('is refused when a label of its name is empty or too long', () => {
    for (const label of ['a.', 'a'.repeat(64)]) expect(refusalOf(`http://${label}.com/`)).toBe('url_host');
  });
});
