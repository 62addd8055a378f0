import { LRUCache } from 'lru-cache';

/** A URL as undici wants it. */
export interface RequestTarget {
  readonly origin: string;
  /** Path and query; a fragment is not sent. */
  readonly path: string;
}

const URLS_MAX = 2_000;

/**
 * Splits URLs, and keeps the results for those in use: a process sends to the same hooks over and over.
 * The result throws what `new URL` throws.
 */
export const createUrlSplitter = (): ((url: string) => RequestTarget) => {
  const known = new LRUCache<string, RequestTarget>({ max: URLS_MAX });
  return (text) => {
    const kept = known.get(text);
    if (kept !== undefined) return kept;
    const url = new URL(text);
    const target = { origin: url.origin, path: url.pathname + url.search };
    known.set(text, target);
    return target;
  };
};
