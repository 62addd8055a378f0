import { isIP } from 'node:net';
import { withoutTrailingDot } from './special-names.ts';

/** Names that DNS is not asked for, in lower case without a trailing dot, and the addresses that they stand for. */
export type StaticHosts = ReadonlyMap<string, readonly string[]>;

/**
 * Reads a map of name → addresses. Names are compared without regard to case and trailing dot; the addresses
 * are checked by the address policy like any others.
 *
 * Throws a plain Error for a name without addresses and for an address that is not an IP literal.
 */
export const createStaticHosts = (hosts: Readonly<Record<string, readonly string[]>>): StaticHosts => {
  const known = new Map<string, readonly string[]>();
  for (const [name, addresses] of Object.entries(hosts)) {
    const wrong = addresses.find((address) => isIP(address) === 0);
    if (wrong !== undefined) {
      throw new Error(
        `"${wrong}" is not an IP address. A static host needs literal addresses: "${name}" cannot point to a name.`,
      );
    }
    if (addresses.length === 0)
      throw new Error(`The static host "${name}" has no address. Give it at least one.`);
    known.set(withoutTrailingDot(name.toLowerCase()), addresses);
  }
  return known;
};
