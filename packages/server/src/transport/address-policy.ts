import ipaddr from 'ipaddr.js';
import { GLOBAL_IPV6, METADATA_NETWORKS, SPECIAL_IPV4, SPECIAL_IPV6 } from './special-networks.ts';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
export type Network = readonly [Address, number];

/** Decides to which addresses a connection may be opened. */
export interface AddressPolicy {
  /**
   * Whether a socket may be opened to `address`, an IPv4 or IPv6 literal without brackets. Anything else, such as an
   * address with a zone, is refused. Never throws.
   */
  readonly allows: (address: string) => boolean;
}

export interface AddressPolicyOptions {
  /** Non-public networks that are allowed, in CIDR notation such as `10.0.0.0/8`. Never names. */
  readonly allow_networks: readonly string[];
  /** Whether `allow_networks` may include the addresses of cloud metadata services. */
  readonly allow_metadata: boolean;
}

// ::ffff:0:0/96, the IPv4-mapped addresses.
const MAPPED_PREFIX_BITS = 96;

/** Accepts IPv4 only in four-part decimal form: ipaddr.js reads `10/8` as 0.0.0.10/8, and octets as octal. */
export const parseNetwork = (cidr: string): Network => {
  const isWellFormed = cidr.includes(':')
    ? ipaddr.IPv6.isValidCIDR(cidr) && !cidr.includes('%')
    : ipaddr.IPv4.isValidCIDRFourPartDecimal(cidr);
  if (!isWellFormed) {
    throw new Error(
      `"${cidr}" is not a network in CIDR notation. Use an address and a prefix length, such as 10.0.0.0/8, 192.168.1.7/32 or fd00::/8; host names are not supported.`,
    );
  }
  const [address, bits] = ipaddr.parseCIDR(cidr);
  return address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() && bits >= MAPPED_PREFIX_BITS
    ? [address.toIPv4Address(), bits - MAPPED_PREFIX_BITS]
    : [address, bits];
};

export const contains = (networks: readonly Network[], address: Address): boolean =>
  networks.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits));

const special = [...SPECIAL_IPV4, ...SPECIAL_IPV6].map(parseNetwork);
const globalIpv6 = [parseNetwork(GLOBAL_IPV6)];
const metadata = METADATA_NETWORKS.map(parseNetwork);

// IPv4-compatible, SIIT and NAT64 (well-known and local use) carry IPv4 in the last 32 bits, 6to4 in bits 16 to 48.
const tailEmbedded = ['::/96', '::ffff:0:0:0/96', '64:ff9b::/96', '64:ff9b:1::/48'].map(parseNetwork);
const sixToFour = [parseNetwork('2002::/16')];

/** The IPv4 address in an IPv6 address of a transition mechanism; null in others. */
export const embeddedIpv4 = (address: Address): ipaddr.IPv4 | null => {
  if (address instanceof ipaddr.IPv4) return null;
  const bytes = address.toByteArray();
  if (contains(tailEmbedded, address)) return new ipaddr.IPv4(bytes.slice(12));
  if (contains(sixToFour, address)) return new ipaddr.IPv4(bytes.slice(2, 6));
  return null;
};

const isMetadata = (address: Address): boolean => {
  if (contains(metadata, address)) return true;
  const embedded = embeddedIpv4(address);
  return embedded !== null && contains(metadata, embedded);
};

const isPublic = (address: Address): boolean =>
  !contains(special, address) && (address instanceof ipaddr.IPv4 || contains(globalIpv6, address));

const LOOPBACK_IPV4 = ipaddr.IPv4.parse('127.0.0.1');

/** Null unless the text is a plain literal. IPv4-mapped IPv6 becomes the IPv4 address that the kernel would dial. */
export const parseAddress = (text: string): Address | null => {
  if (text.includes('%') || !(ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text)))
    return null;
  return ipaddr.process(text);
};

/**
 * The policy for every outbound address. Refuses IPv6 outside 2000::/3 and special-purpose blocks of both families,
 * unless `allow_networks` contains the address; cloud metadata services need `allow_metadata` as well. If 127.0.0.1 is
 * allowed, so is ::1: it is the same machine.
 * @throws Error for a malformed CIDR.
 */
export const createAddressPolicy = (options: AddressPolicyOptions): AddressPolicy => {
  const allowed = options.allow_networks.map(parseNetwork);
  const allowsLoopback = contains(allowed, LOOPBACK_IPV4);

  const isAllowed = (address: Address): boolean =>
    contains(allowed, address) ||
    (allowsLoopback && address instanceof ipaddr.IPv6 && address.range() === 'loopback');

  return {
    allows: (text) => {
      const address = parseAddress(text);
      if (address === null) return false;
      if (isMetadata(address)) return options.allow_metadata && isAllowed(address);
      return isAllowed(address) || isPublic(address);
    },
  };
};
