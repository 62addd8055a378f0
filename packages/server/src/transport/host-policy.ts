import { isIP } from 'node:net';
import { contains, embeddedIpv4, type Network, parseAddress, parseNetwork } from './address-policy.ts';
import { withoutTrailingDot } from './special-names.ts';

export type HostRefusal = 'HTTPS_REQUIRED' | 'HOST_REFUSED' | 'HOST_NOT_ALLOWED';

/** The host of a request. */
export interface HostTarget {
  /** `https:` or `http:`. */
  readonly protocol: string;
  /** As in a parsed URL, without brackets and a trailing dot. */
  readonly host: string;
  /** Null while a name is not resolved; empty if it cannot be. */
  readonly addresses: readonly string[] | null;
}

/** Decides to which hosts requests are sent, in addition to the address policy: it never allows what that one refuses. */
export interface HostPolicy {
  /** Null if it is allowed, or may be: whether a network of the list allows a name shows when it is resolved. */
  readonly refuse: (target: HostTarget) => HostRefusal | null;
}

/** Entries of lists: `example.com`, `*.example.com` for every name below it, an address, or a network in CIDR notation. */
export interface HostPolicyOptions {
  /** Null allows every host. */
  readonly allow_hosts: readonly string[] | null;
  /** Takes precedence. */
  readonly refuse_hosts: readonly string[];
  readonly https_only: boolean;
}

interface HostList {
  readonly names: ReadonlySet<string>;
  /** `.example.com` of `*.example.com`. */
  readonly suffixes: readonly string[];
  readonly networks: readonly Network[];
}

/** A name as URLs write it: in lower case and punycode, without a trailing dot. @throws Error if it is none. */
const parseName = (entry: string, name: string): string => {
  const hostname = /[^\p{L}\p{N}\p{M}._-]/u.test(name) ? undefined : URL.parse(`http://${name}`)?.hostname;
  if (hostname === undefined || isIP(hostname) !== 0) {
    throw new Error(
      `"${entry}" is not a host. Use a name such as example.com, *.example.com for every name below it, or a network such as 10.0.0.0/8.`,
    );
  }
  return withoutTrailingDot(hostname);
};

const parseList = (entries: readonly string[]): HostList => {
  const names = new Set<string>();
  const suffixes: string[] = [];
  const networks: Network[] = [];
  for (const entry of entries) {
    const version = isIP(entry);
    if (entry.includes('/')) networks.push(parseNetwork(entry));
    else if (version !== 0) networks.push(parseNetwork(`${entry}/${version === 4 ? 32 : 128}`));
    else if (entry.startsWith('*.')) suffixes.push(`.${parseName(entry, entry.slice(2))}`);
    else names.add(parseName(entry, entry));
  }
  return { names, suffixes, networks };
};

const hasName = ({ names, suffixes }: HostList, host: string): boolean =>
  names.has(host) || suffixes.some((suffix) => host.endsWith(suffix));

/** Also an address that embeds one of IPv4, such as NAT64. */
const hasAddress = ({ networks }: HostList, text: string): boolean => {
  const address = parseAddress(text);
  if (address === null) return false;
  const embedded = embeddedIpv4(address);
  return contains(networks, address) || (embedded !== null && contains(networks, embedded));
};

/** @throws Error for a malformed entry. */
export const createHostPolicy = ({
  allow_hosts,
  refuse_hosts,
  https_only,
}: HostPolicyOptions): HostPolicy => {
  const refused = parseList(refuse_hosts);
  const allowed = allow_hosts === null ? null : parseList(allow_hosts);

  const isAllowed = (host: string, addresses: readonly string[] | null): boolean => {
    if (allowed === null || hasName(allowed, host)) return true;
    if (addresses === null) return allowed.networks.length > 0;
    return addresses.length > 0 && addresses.every((address) => hasAddress(allowed, address));
  };

  return {
    refuse: ({ protocol, host, addresses }) => {
      if (https_only && protocol !== 'https:') return 'HTTPS_REQUIRED';
      const isRefused =
        hasName(refused, host) || addresses?.some((address) => hasAddress(refused, address)) === true;
      if (isRefused) return 'HOST_REFUSED';
      return isAllowed(host, addresses) ? null : 'HOST_NOT_ALLOWED';
    },
  };
};
