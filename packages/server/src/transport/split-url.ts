/** A URL as undici wants it. */
export interface RequestTarget {
  readonly origin: string;
  /** Path and query; a fragment is not sent. */
  readonly path: string;
}

const MAX_CACHED_URLS = 2000;

/**
 * Splits URLs, remembering the ones in use: a process sends to the same few hooks over and over.
 * The result throws what `new URL` throws.
 */
export const createUrlSplitter = (): ((url: string) => RequestTarget) => {
  const known = new Map<string, RequestTarget>();
  return (text) => {
    const kept = known.get(text);
    if (kept !== undefined) return kept;
    const url = new URL(text);
    const target = { origin: url.origin, path: url.pathname + url.search };
    // Starting over is rare and cheaper than keeping an order of use.
    if (known.size >= MAX_CACHED_URLS) known.clear();
    known.set(text, target);
    return target;
  };
};
