import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAddressPolicy } from '../../packages/server/src/transport/address-policy.ts';
import { words } from '../support/words.ts';

// The full form is `pnpm experiment X3`.
const ADDRESSES = Number(process.env['ADDRESSES'] ?? 5000);
const TIMEOUT_MS = 5_000 + ADDRESSES / 5;

const policy = (allow_networks: readonly string[] = [], allow_metadata = false) =>
  createAddressPolicy({ allow_networks, allow_metadata });

const numberOf = (address: string): number =>
  address.split('.').reduce((number, octet) => number * 256 + Number(octet), 0);

/** The first and last numbers of the forbidden networks of the registries, without a library. */
const FORBIDDEN_V4 = words`
  0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 168.63.129.16/32 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24
  192.0.2.0/24 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15
  198.51.100.0/24 203.0.113.0/24 224.0.0.0/3
`.map((network) => {
  const [address = '', bits = ''] = network.split('/');
  const first = numberOf(address);
  return [first, first + 2 ** (32 - Number(bits)) - 1] as const;
});
const oracleV4 = (ip: number): boolean => !FORBIDDEN_V4.some(([from, to]) => ip >= from && ip <= to);

const oracleV6 = (ip: bigint): boolean => {
  if (ip >> 32n === 0xffffn) return oracleV4(Number(ip & 0xffffffffn));
  if (ip >> 125n !== 1n) return false;
  const isSpecial =
    ip >> 105n === 0x20010000n >> 9n ||
    ip >> 96n === 0x20010db8n ||
    ip >> 112n === 0x2002n ||
    ip >> 108n === 0x3fff0n ||
    ip >> 80n === 0x2620004f8000n;
  return !isSpecial;
};

const textV4 = (ip: number): string => [24, 16, 8, 0].map((shift) => (ip >>> shift) & 255).join('.');
const textV6 = (ip: bigint): string =>
  Array.from({ length: 8 }, (_, i) => ((ip >> BigInt(112 - 16 * i)) & 0xffffn).toString(16)).join(':');

const EDGES_V4 = FORBIDDEN_V4.flatMap(([from, to]) => [from - 1, from, to, to + 1]).filter(
  (ip) => ip >= 0 && ip <= 0xffffffff,
);
const anyV4 = fc.oneof(fc.integer({ min: 0, max: 0xffffffff }), fc.constantFrom(...EDGES_V4));

const PREFIXES_V6 = words`
  0 64ff9b 64ff9b0001 0100 2000 2001 20010000 200101ff 20010200 20010db8 20010db9 2002 2003 2620004f8000
  2620004f8001 3ffe 3fff 3fff1 3fff0 4000 5f00 fc00 fe80 fec0 ff02
`;
const anyV6 = fc.oneof(
  fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }),
  fc
    .tuple(fc.constantFrom(...PREFIXES_V6), fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }))
    .map(([prefix, tail]) => {
      const bits = BigInt(prefix.length * 4);
      return (BigInt(`0x${prefix}`) << (128n - bits)) | (tail & ((1n << (128n - bits)) - 1n));
    }),
);

/** The ways to embed an IPv4 address in an IPv6 address, except the mapped one. */
const EMBEDDINGS: readonly ((ip: bigint) => bigint)[] = [
  (ip) => ip, // compatible
  (ip) => (0xffff0000n << 32n) | ip, // SIIT
  (ip) => (0x0064ff9bn << 96n) | ip, // NAT64
  (ip) => (0x0064ff9b0001n << 80n) | ip, // NAT64, local use
  (ip) => (0x2002n << 112n) | (ip << 80n) | 1n, // 6to4
  (ip) => (0x20010000n << 96n) | (ip << 64n) | (ip ^ 0xffffffffn), // Teredo, server and client
  (ip) => (0x5efen << 32n) | ip, // ISATAP
  (ip) => (0xfe80n << 112n) | (0x5efen << 32n) | ip, // ISATAP, link-local
];

describe('the address policy', () => {
  const closed = policy();

  it(
    'agrees with the registries on every IPv4 address',
    () => {
      const property = fc.property(anyV4, (ip) => closed.allows(textV4(ip)) === oracleV4(ip));
      fc.assert(property, { numRuns: ADDRESSES });
    },
    TIMEOUT_MS,
  );

  it(
    'agrees with the registries on every IPv6 address',
    () => {
      const property = fc.property(anyV6, (ip) => closed.allows(textV6(ip)) === oracleV6(ip));
      fc.assert(property, { numRuns: ADDRESSES });
    },
    TIMEOUT_MS,
  );

  it(
    'treats an IPv4-mapped IPv6 address as the IPv4 address',
    () => {
      const property = fc.property(anyV4, (ip) => {
        const mapped = [textV6((0xffffn << 32n) | BigInt(ip)), `::ffff:${textV4(ip)}`];
        return mapped.every((text) => closed.allows(text) === oracleV4(ip));
      });
      fc.assert(property, { numRuns: ADDRESSES });
    },
    TIMEOUT_MS,
  );

  it(
    'refuses every other embedding of IPv4 in IPv6, public or not',
    () => {
      const embedded = fc.constantFrom(...EMBEDDINGS);
      const property = fc.property(anyV4, embedded, (ip, embed) => !closed.allows(textV6(embed(BigInt(ip)))));
      fc.assert(property, { numRuns: ADDRESSES });
      const edges = EDGES_V4.flatMap((ip) => EMBEDDINGS.map((embed) => textV6(embed(BigInt(ip)))));
      expect(edges.filter((text) => closed.allows(text))).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it('allows public addresses and no others', () => {
    const addresses = ['8.8.8.8', '2606:4700::1', '10.0.0.1', '::1'];
    expect(addresses.filter(closed.allows)).toEqual(['8.8.8.8', '2606:4700::1']);
  });

  it.each(['', '8.8.8.8 ', ...words`example.com 127.1 0x7f.1 2606:4700::1%eth0 [2606:4700::1] 010.8.8.8`])(
    'refuses a text that is not a plain literal: "%s"',
    (text) => {
      expect(policy(['0.0.0.0/0', '::/0']).allows(text)).toBe(false);
    },
  );

  it('opens exactly the allowed networks', () => {
    const open = policy(['10.1.0.0/16', 'fd12::/16', '192.168.1.7/32']);
    const allowed = words`10.1.2.3 ::ffff:10.1.2.3 fd12::1 192.168.1.7`;
    expect([...allowed, ...words`10.2.0.1 fd13::1 192.168.1.8`].filter(open.allows)).toEqual(allowed);
  });

  it('opens ::1 together with 127.0.0.1, and no other IPv6 address', () => {
    expect(['::1', '::2', 'fe80::1'].filter(policy(['127.0.0.0/8']).allows)).toEqual(['::1']);
    expect(policy(['127.0.0.2/32']).allows('::1')).toBe(false);
  });

  const METADATA = words`
    169.254.169.254 169.254.170.2 169.254.0.1 100.100.100.200 192.0.0.192 168.63.129.16 fd00:ec2::254
    ::ffff:169.254.169.254 64:ff9b::a9fe:a9fe 2002:a9fe:a9fe::1 ::169.254.169.254
  `;

  it('refuses metadata addresses in allowed networks, unless metadata is allowed too', () => {
    const wide = ['0.0.0.0/0', '::/0', '169.254.169.254/32'];
    expect(METADATA.filter(policy(wide).allows)).toEqual([]);
    expect(METADATA.filter(policy(wide, true).allows)).toEqual(METADATA);
    expect(METADATA.filter(policy([], true).allows)).toEqual([]);
  });

  it.each([
    '',
    ...words`10.0.0.0 10/8 10.0.0.0/33 010.0.0.0/8 0x0a.0.0.0/8 ::/129 fe80::%eth0/10 localhost/8`,
  ])('rejects a malformed network: "%s"', (cidr) => {
    expect(() => policy([cidr])).toThrow(/CIDR/);
  });

  it('reads a network of mapped addresses as the IPv4 network', () => {
    expect(policy(['::ffff:10.0.0.0/104']).allows('10.9.9.9')).toBe(true);
  });
});
