import { promises as dns, type RecordWithTtl } from 'node:dns';
import type { Clock } from '../ports/clock.ts';
import { ResolverWatch } from './resolver-watch.ts';
import { isLocalhost, withoutTrailingDot } from './special-names.ts';
import type { StaticHosts } from './static-hosts.ts';

/** Resolves names without the shared `getaddrinfo` threads. */
export interface Resolver {
  /**
   * 1 to 16 unchecked addresses, IPv4 first. Rejects with the `code` `ENOTFOUND` or `ENODATA` if the name has none, and
   * with others (`ESERVFAIL`, `ETIMEOUT`, …) if the DNS server fails. May take longer than the deadline of a request: the
   * caller sets its own limit.
   */
  readonly resolve: (name: string) => Promise<readonly string[]>;
  /**
   * Whether the DNS servers are down, rather than those of one domain, after the lookup of `name` failed with `error` or
   * its caller gave up (`DIAL_TIMEOUT`). Takes at most 150 ms.
   */
  readonly isDown: (name: string, error: unknown) => Promise<boolean>;
  /** Cancels every lookup in progress; they reject with `ECANCELLED`. */
  readonly close: () => void;
}

export interface ResolverOptions {
  readonly clock: Clock;
  readonly static_hosts?: StaticHosts;
  /** DNS servers as `address` or `address:port`; default the system's. */
  readonly servers?: readonly string[];
}

const MAX_ADDRESSES = 16;
const MAX_CACHED_NAMES = 1000;
const MAX_TTL_MS = 60_000;
// Short, so that a name that was just created works by the first or second retry.
const ABSENT_TTL_MS = 10_000;

const LOOPBACK: readonly string[] = ['127.0.0.1', '::1'];

interface Answer {
  readonly addresses: readonly string[];
  readonly ttl_ms: number;
}

interface CachedAnswer {
  readonly expires_at: number;
  readonly answer: Promise<Answer>;
}

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined;

const saysAbsent = (error: unknown): boolean => {
  const code = codeOf(error);
  return code === 'ENOTFOUND' || code === 'ENODATA';
};

/** A server failure takes precedence over "no such record": that family might have had an address. */
const moreSpecific = (one: unknown, other: unknown): unknown => {
  if (saysAbsent(one) !== saysAbsent(other)) return saysAbsent(one) ? other : one;
  return codeOf(other) === 'ENOTFOUND' ? other : one;
};

// Of the DNS servers, as c-ares reports them. `ECONNREFUSED`: c-ares could open no connection to any.
const SERVER_FAILURES: ReadonlySet<unknown> = new Set(['ESERVFAIL', 'EREFUSED', 'ETIMEOUT', 'ECONNREFUSED']);

const noteResults = (
  watch: ResolverWatch,
  name: string,
  results: readonly PromiseSettledResult<unknown>[],
): void => {
  const codes = results.map((result) => (result.status === 'fulfilled' ? null : codeOf(result.reason)));
  if (results.some((result) => result.status === 'fulfilled' || saysAbsent(result.reason))) watch.answered();
  else if (codes.includes('ECONNREFUSED')) watch.unreachable();
  else if (codes.every((code) => SERVER_FAILURES.has(code))) watch.failed(name);
};

/** c-ares reports an answer with only CNAMEs, such as a loop of them, as a success without records. */
const orNoData = async (name: string, answer: Promise<RecordWithTtl[]>): Promise<RecordWithTtl[]> => {
  const records = await answer;
  if (records.length > 0) return records;
  throw Object.assign(new Error(`no address of ${name}`), { code: 'ENODATA' });
};

const lookUp = async (resolver: dns.Resolver, watch: ResolverWatch, name: string): Promise<Answer> => {
  const [v4, v6] = await Promise.allSettled([
    orNoData(name, resolver.resolve4(name, { ttl: true })),
    orNoData(name, resolver.resolve6(name, { ttl: true })),
  ]);
  noteResults(watch, name, [v4, v6]);
  const records = [
    ...(v4.status === 'fulfilled' ? v4.value : []),
    ...(v6.status === 'fulfilled' ? v6.value : []),
  ].slice(0, MAX_ADDRESSES);
  if (records.length === 0 && v4.status === 'rejected' && v6.status === 'rejected') {
    throw moreSpecific(v4.reason, v6.reason);
  }
  return {
    addresses: records.map((record) => record.address),
    ttl_ms: Math.min(MAX_TTL_MS, ...records.map((record) => record.ttl * 1000)),
  };
};

/**
 * A c-ares resolver: `/etc/hosts` and search domains are ignored. `static_hosts` take precedence, then `localhost` and
 * `*.localhost` are 127.0.0.1 and ::1 (RFC 6761 section 6.3), without DNS. Answers are cached for their TTL, at most
 * 60 s, and nonexistent names for 10 s. Concurrent lookups of a name share one query.
 */
export const createResolver = (options: ResolverOptions): Resolver => {
  const { clock } = options;
  const resolver = new dns.Resolver({ timeout: 2000, tries: 2 });
  if (options.servers !== undefined) resolver.setServers(options.servers);
  const watch = new ResolverWatch(clock);
  const cache = new Map<string, CachedAnswer>();

  const store = (name: string, answer: Promise<Answer>, expires_at: number): void => {
    if (cache.size >= MAX_CACHED_NAMES) {
      const oldest = cache.keys().next();
      if (!oldest.done) cache.delete(oldest.value);
    }
    cache.set(name, { answer, expires_at });
  };

  const query = (name: string): Promise<Answer> => {
    const answer = lookUp(resolver, watch, name);
    store(name, answer, Infinity);
    const keepFor = (ttl_ms: number): void => {
      if (cache.get(name)?.answer !== answer) return;
      cache.delete(name);
      if (ttl_ms > 0) store(name, answer, clock.monotonic() + ttl_ms);
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
      const cached = cache.get(name);
      const answer =
        cached !== undefined && cached.expires_at > clock.monotonic() ? cached.answer : query(name);
      return (await answer).addresses;
    },
    isDown: async (name, error) => {
      const code = codeOf(error);
      if (code === 'DIAL_TIMEOUT') watch.failed(withoutTrailingDot(name.toLowerCase()));
      else if (!SERVER_FAILURES.has(code)) return false;
      return watch.verdict();
    },
    close: () => resolver.cancel(),
  };
};
