import { LRUCache } from 'lru-cache';

/** A URL in undici's form. */
export interface RequestTarget {
  readonly origin: string;
  readonly host: string;
  /** Path and query; a fragment is not sent. */
  readonly path: string;
}

const URLS_MAX = 2_000;

/**
 * Splits URLs and caches the results: a process sends to the same hooks repeatedly. The function throws what `new URL`
 * throws.
 */
export const createUrlSplitter = (): ((url: string) => RequestTarget) => {
  const cache = new LRUCache<string, RequestTarget>({ max: URLS_MAX });
  return (text) => {
    const cached = cache.get(text);
    if (cached !== undefined) return cached;
    const url = new URL(text);
    const target = { origin: url.origin, host: url.host, path: url.pathname + url.search };
    cache.set(text, target);
    return target;
  };
};
