import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createAddressPolicy,
  type AddressPolicyOptions,
} from '../../packages/server/src/transport/address-policy.ts';

const policy = (allow_networks: string[] = [], options: Partial<AddressPolicyOptions> = {}) =>
  createAddressPolicy({ allow_networks, allow_metadata: false, ...options });

/** The registries again, by arithmetic instead of a library: an address is its number. */
const FORBIDDEN_V4: readonly [number, number][] = [
  [0x00000000, 0x00ffffff],
  [0x0a000000, 0x0affffff],
  [0x64400000, 0x647fffff],
  [0x7f000000, 0x7fffffff],
  [0xa83f8110, 0xa83f8110],
  [0xa9fe0000, 0xa9feffff],
  [0xac100000, 0xac1fffff],
  [0xc0000000, 0xc00000ff],
  [0xc0000200, 0xc00002ff],
  [0xc01fc400, 0xc01fc4ff],
  [0xc034c100, 0xc034c1ff],
  [0xc0586300, 0xc05863ff],
  [0xc0a80000, 0xc0a8ffff],
  [0xc0af3000, 0xc0af30ff],
  [0xc6120000, 0xc613ffff],
  [0xc6336400, 0xc63364ff],
  [0xcb007100, 0xcb0071ff],
  [0xe0000000, 0xffffffff],
];
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

const PREFIXES_V6 = [
  '0', '64ff9b', '64ff9b0001', '0100', '2000', '2001', '20010000', '200101ff', '20010200', '20010db8', '20010db9',
  '2002', '2003', '2620004f8000', '2620004f8001', '3ffe', '3fff', '3fff1', '3fff0', '4000', '5f00', 'fc00', 'fe80', 'fec0', 'ff02',
]; // prettier-ignore
const anyV6 = fc.oneof(
  fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }),
  fc
    .tuple(fc.constantFrom(...PREFIXES_V6), fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }))
    .map(([prefix, tail]) => {
      const bits = BigInt(prefix.length * 4);
      return (BigInt(`0x${prefix}`) << (128n - bits)) | (tail & ((1n << (128n - bits)) - 1n));
    }),
);

/** Every way to write an IPv4 address into an IPv6 one, but the mapped one. */
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
  it('agrees with the registries on every IPv4 address', () => {
    const closed = policy();
    fc.assert(
      fc.property(anyV4, (ip) => closed.allows(textV4(ip)) === oracleV4(ip)),
      { numRuns: 5000 },
    );
  });

  it('agrees with the registries on every IPv6 address', () => {
    const closed = policy();
    fc.assert(
      fc.property(anyV6, (ip) => closed.allows(textV6(ip)) === oracleV6(ip)),
      { numRuns: 5000 },
    );
  });

  it('judges IPv4-mapped IPv6 as the IPv4', () => {
    const closed = policy();
    fc.assert(
      fc.property(anyV4, (ip) => {
        const mapped = textV6((0xffffn << 32n) | BigInt(ip));
        return (
          closed.allows(mapped) === oracleV4(ip) && closed.allows(`::ffff:${textV4(ip)}`) === oracleV4(ip)
        );
      }),
      { numRuns: 1000 },
    );
  });

  it('refuses IPv4 in every other IPv6 disguise, public or not', () => {
    const closed = policy();
    fc.assert(
      fc.property(
        anyV4,
        fc.constantFrom(...EMBEDDINGS),
        (ip, embed) => !closed.allows(textV6(embed(BigInt(ip)))),
      ),
      { numRuns: 2000 },
    );
  });

  it('tells allowed from forbidden at all', () => {
    expect(['8.8.8.8', '2606:4700::1', '10.0.0.1', '::1'].map(policy().allows)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it.each([
    '',
    'example.com',
    '127.1',
    '0x7f.1',
    '8.8.8.8 ',
    '2606:4700::1%eth0',
    '[2606:4700::1]',
    '010.8.8.8',
  ])('refuses what is no plain literal: "%s"', (text) => {
    expect(policy(['0.0.0.0/0', '::/0']).allows(text)).toBe(false);
  });

  it('opens exactly the networks that are allowed', () => {
    const open = policy(['10.1.0.0/16', 'fd12::/16', '192.168.1.7/32']);
    const verdicts = [
      '10.1.2.3',
      '::ffff:10.1.2.3',
      '10.2.0.1',
      'fd12::1',
      'fd13::1',
      '192.168.1.7',
      '192.168.1.8',
    ];
    expect(verdicts.map(open.allows)).toEqual([true, true, false, true, false, true, false]);
  });

  it('opens ::1 together with 127.0.0.1, and nothing else of IPv6', () => {
    expect(['::1', '::2', 'fe80::1'].map(policy(['127.0.0.0/8']).allows)).toEqual([true, false, false]);
    expect(policy(['127.0.0.2/32']).allows('::1')).toBe(false);
  });

  const METADATA = [
    '169.254.169.254',
    '169.254.170.2',
    '169.254.0.1',
    '100.100.100.200',
    '192.0.0.192',
    '168.63.129.16',
    'fd00:ec2::254',
    '::ffff:169.254.169.254',
    '64:ff9b::a9fe:a9fe',
    '2002:a9fe:a9fe::1',
    '::169.254.169.254',
  ];

  it('keeps metadata closed in allowed networks, unless that is allowed too', () => {
    const wide = ['0.0.0.0/0', '::/0', '169.254.169.254/32'];
    expect(METADATA.filter(policy(wide).allows)).toEqual([]);
    expect(METADATA.filter(policy(wide, { allow_metadata: true }).allows)).toEqual(METADATA);
    expect(METADATA.filter(policy([], { allow_metadata: true }).allows)).toEqual([]);
  });

  it.each([
    '10.0.0.0',
    '10/8',
    '10.0.0.0/33',
    '010.0.0.0/8',
    '0x0a.0.0.0/8',
    '::/129',
    'fe80::%eth0/10',
    'localhost/8',
    '',
  ])('is not made from a malformed network: "%s"', (cidr) => {
    expect(() => policy([cidr])).toThrow(/CIDR/);
  });

  it('reads a network of mapped addresses as the IPv4 network', () => {
    expect(policy(['::ffff:10.0.0.0/104']).allows('10.9.9.9')).toBe(true);
  });
});
