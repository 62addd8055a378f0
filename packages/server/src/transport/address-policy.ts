import ipaddr from 'ipaddr.js';
import { GLOBAL_IPV6, METADATA_NETWORKS, SPECIAL_IPV4, SPECIAL_IPV6 } from './special-networks.ts';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Network = readonly [Address, number];

/** Decides which addresses a connection may go to. */
export interface AddressPolicy {
  /**
   * Whether a socket may be opened to `address` (an IPv4 or IPv6 literal without brackets).
   * Anything that is not a plain literal, such as one with a zone, is refused. Never throws.
   */
  readonly allows: (address: string) => boolean;
}

export interface AddressPolicyOptions {
  /** CIDRs that may be reached although they are not public, e.g. `10.0.0.0/8`. Never names. */
  readonly allow_networks: readonly string[];
  /** Lets `allow_networks` open the addresses of cloud metadata services too. */
  readonly allow_metadata: boolean;
}

// ::ffff:0:0/96, where a CIDR is an IPv4 one in disguise.
const MAPPED_PREFIX_BITS = 96;

/** ipaddr.js reads `10/8` as 0.0.0.10/8 and octal octets: only the four-part decimal form is taken. */
const parseNetwork = (cidr: string): Network => {
  const isWellFormed = cidr.includes(':')
    ? ipaddr.IPv6.isValidCIDR(cidr) && !cidr.includes('%')
    : ipaddr.IPv4.isValidCIDRFourPartDecimal(cidr);
  if (!isWellFormed) {
    throw new Error(
      `"${cidr}" is not a network in CIDR notation. Write an address and a prefix length, such as 10.0.0.0/8, 192.168.1.7/32 or fd00::/8; names cannot be allowed.`,
    );
  }
  const [address, bits] = ipaddr.parseCIDR(cidr);
  return address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() && bits >= MAPPED_PREFIX_BITS
    ? [address.toIPv4Address(), bits - MAPPED_PREFIX_BITS]
    : [address, bits];
};

const contains = (networks: readonly Network[], address: Address): boolean =>
  networks.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits));

const special = [...SPECIAL_IPV4, ...SPECIAL_IPV6].map(parseNetwork);
const globalIpv6 = [parseNetwork(GLOBAL_IPV6)];
const metadata = METADATA_NETWORKS.map(parseNetwork);

// IPv4-compatible, SIIT and NAT64 (well-known and local use) carry IPv4 in the last 32 bits, 6to4 in bits 16 to 48.
const tailEmbedded = ['::/96', '::ffff:0:0:0/96', '64:ff9b::/96', '64:ff9b:1::/48'].map(parseNetwork);
const sixToFour = [parseNetwork('2002::/16')];

const embeddedIpv4 = (address: ipaddr.IPv6): ipaddr.IPv4 | null => {
  const bytes = address.toByteArray();
  if (contains(tailEmbedded, address)) return new ipaddr.IPv4(bytes.slice(12));
  if (contains(sixToFour, address)) return new ipaddr.IPv4(bytes.slice(2, 6));
  return null;
};

const isMetadata = (address: Address): boolean => {
  if (contains(metadata, address)) return true;
  const embedded = address instanceof ipaddr.IPv6 ? embeddedIpv4(address) : null;
  return embedded !== null && contains(metadata, embedded);
};

const isPublic = (address: Address): boolean =>
  !contains(special, address) && (address instanceof ipaddr.IPv4 || contains(globalIpv6, address));

const LOOPBACK_IPV4 = ipaddr.IPv4.parse('127.0.0.1');

/** Null for what is no plain literal. IPv4-mapped IPv6 comes back as the IPv4 that the kernel would dial. */
const parseAddress = (text: string): Address | null => {
  if (text.includes('%') || !(ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text)))
    return null;
  return ipaddr.process(text);
};

/**
 * The rule for every outbound address. IPv6 is refused outside 2000::/3, and both families are refused in
 * special-purpose blocks, unless `allow_networks` holds the address; cloud metadata needs `allow_metadata`
 * as well. Where 127.0.0.1 is allowed, ::1 is too: it is the same machine.
 *
 * Throws a plain Error for a malformed CIDR.
 */
export const createAddressPolicy = (options: AddressPolicyOptions): AddressPolicy => {
  const allowed = options.allow_networks.map(parseNetwork);
  const allowsLoopback = contains(allowed, LOOPBACK_IPV4);

  const isOpened = (address: Address): boolean =>
    contains(allowed, address) ||
    (allowsLoopback && address instanceof ipaddr.IPv6 && address.range() === 'loopback');

  return {
    allows: (text) => {
      const address = parseAddress(text);
      if (address === null) return false;
      if (isMetadata(address)) return options.allow_metadata && isOpened(address);
      return isOpened(address) || isPublic(address);
    },
  };
};
