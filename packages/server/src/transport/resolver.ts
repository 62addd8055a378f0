import { promises as dns } from 'node:dns';
import type { Clock } from '../ports/clock.ts';
import { isLocalhost, withoutTrailingDot } from './special-names.ts';
import type { StaticHosts } from './static-hosts.ts';

/** GroupCommit names into addresses without touching the shared `getaddrinfo` threads. */
export interface Resolver {
  /**
   * At least one address, IPv4 first, at most 16; unjudged. Rejects with an error whose `code` says why:
   * `ENOTFOUND` and `ENODATA` for a name that has none, others (`ESERVFAIL`, `ETIMEOUT`, …) for a DNS server in trouble.
   * May take longer than the deadline of a request: the caller sets its own limit.
   */
  readonly resolve: (name: string) => Promise<readonly string[]>;
  /** Ends every lookup under way; they reject with `ECANCELLED`. */
  readonly close: () => void;
}

export interface ResolverOptions {
  readonly clock: Clock;
  readonly static_hosts?: StaticHosts;
  /** DNS servers as `address` or `address:port`, in place of the system's. */
  readonly servers?: readonly string[];
}

const MAX_ADDRESSES = 16;
const MAX_CACHED_NAMES = 1000;
const MAX_TTL_MS = 60_000;
// Short, so that a name that was just created works at the first retry or the second.
const ABSENT_TTL_MS = 10_000;

const LOOPBACK: readonly string[] = ['127.0.0.1', '::1'];

interface Answer {
  readonly addresses: readonly string[];
  readonly ttl_ms: number;
}

interface Remembered {
  readonly expires_at: number;
  readonly answer: Promise<Answer>;
}

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined;

const saysAbsent = (error: unknown): boolean => {
  const code = codeOf(error);
  return code === 'ENOTFOUND' || code === 'ENODATA';
};

/** Trouble with a server outweighs "no such record": the other family might have had an address. */
const moreTelling = (one: unknown, other: unknown): unknown => {
  if (saysAbsent(one) !== saysAbsent(other)) return saysAbsent(one) ? other : one;
  return codeOf(other) === 'ENOTFOUND' ? other : one;
};

const lookUp = async (resolver: dns.Resolver, name: string): Promise<Answer> => {
  const [v4, v6] = await Promise.allSettled([
    resolver.resolve4(name, { ttl: true }),
    resolver.resolve6(name, { ttl: true }),
  ]);
  const repositories = [
    ...(v4.status === 'fulfilled' ? v4.value : []),
    ...(v6.status === 'fulfilled' ? v6.value : []),
  ].slice(0, MAX_ADDRESSES);
  if (repositories.length === 0 && v4.status === 'rejected' && v6.status === 'rejected') {
    throw moreTelling(v4.reason, v6.reason);
  }
  return {
    addresses: repositories.map((record) => record.address),
    ttl_ms: Math.min(MAX_TTL_MS, ...repositories.map((record) => record.ttl * 1000)),
  };
};

/**
 * A c-ares resolver of our own: neither `/etc/hosts` nor search domains are read. `localhost` and `*.localhost`
 * are 127.0.0.1 and ::1 without DNS (RFC 6761 section 6.3), `static_hosts` come next. Answers are kept for
 * their TTL, at most 60 s; that a name does not exist for 10 s; one lookup a name runs at a time.
 */
export const createResolver = (options: ResolverOptions): Resolver => {
  const { clock } = options;
  const resolver = new dns.Resolver({ timeout: 2000, tries: 2 });
  if (options.servers !== undefined) resolver.setServers(options.servers);
  const remembered = new Map<string, Remembered>();

  const remember = (name: string, answer: Promise<Answer>, expires_at: number): void => {
    if (remembered.size >= MAX_CACHED_NAMES) {
      const oldest = remembered.keys().next();
      if (!oldest.done) remembered.delete(oldest.value);
    }
    remembered.set(name, { answer, expires_at });
  };

  const ask = (name: string): Promise<Answer> => {
    const answer = lookUp(resolver, name);
    remember(name, answer, Infinity);
    const keepFor = (ttl_ms: number): void => {
      if (remembered.get(name)?.answer !== answer) return;
      remembered.delete(name);
      if (ttl_ms > 0) remember(name, answer, clock.monotonic() + ttl_ms);
    };
    answer.then(
      ({ ttl_ms }) => keepFor(ttl_ms),
      (error: unknown) => keepFor(saysAbsent(error) ? ABSENT_TTL_MS : 0),
    );
    return answer;
  };

  return {
    resolve: async (host) => {
      const name = withoutTrailingDot(host.toLowerCase());
      const known = options.static_hosts?.get(name);
      if (known !== undefined) return known;
      if (isLocalhost(name)) return LOOPBACK;
      const kept = remembered.get(name);
      const answer = kept !== undefined && kept.expires_at > clock.monotonic() ? kept.answer : ask(name);
      return (await answer).addresses;
    },
    close: () => resolver.cancel(),
  };
};
