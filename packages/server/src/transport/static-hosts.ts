import { isIP } from 'node:net';
import { withoutTrailingDot } from './special-names.ts';

/** Addresses by name, in lower case without a trailing dot, that take precedence over DNS. */
export type StaticHosts = ReadonlyMap<string, readonly string[]>;

/**
 * Normalizes a map of name → addresses. The case and a trailing dot of a name do not matter; the addresses are checked by
 * the address policy like any others.
 * @throws Error for a name without addresses, and for an address that is not an IP literal.
 */
export const createStaticHosts = (hosts: Readonly<Record<string, readonly string[]>>): StaticHosts => {
  const known = new Map<string, readonly string[]>();
  for (const [name, addresses] of Object.entries(hosts)) {
    const wrong = addresses.find((address) => isIP(address) === 0);
    if (wrong !== undefined) {
      throw new Error(
        `"${wrong}" is not an IP address. The static host "${name}" needs IP addresses, not names.`,
      );
    }
    if (addresses.length === 0)
      throw new Error(`The static host "${name}" has no address. Specify at least one.`);
    known.set(withoutTrailingDot(name.toLowerCase()), addresses);
  }
  return known;
};
