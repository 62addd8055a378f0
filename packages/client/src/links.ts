import type { AppRouter } from '@bellwire/server';
import { httpBatchLink, httpLink, splitLink, type TRPCLink } from '@trpc/client';
import { createExchange, type Fetch } from './exchange.ts';

/** The maximum of the server. */
const MAX_CALLS = 100;
/** Some proxies refuse request lines above 8 kB. */
const MAX_URL_LENGTH = 7_000;
/** Leaves room for the rest of the URL. */
const MAX_BATCHED_QUERY_LENGTH = 5_000;
/** A full batch stays below the server's limit of 1 MiB. */
const MAX_BATCHED_BYTES = 10_000;
/** The server refuses a body that is nested deeper than 128 levels; each level needs a bracket. */
const MAX_BATCHED_BRACKETS = 100;
/** A receiver may take 60 s to respond to a validation. */
const SLOW_MS = 90_000;

const utf8 = new TextEncoder();

const isSmall = (json: string): boolean =>
  json.length <= MAX_BATCHED_BYTES &&
  utf8.encode(json).length <= MAX_BATCHED_BYTES &&
  (json.match(/[[{]/g)?.length ?? 0) <= MAX_BATCHED_BRACKETS;

/**
 * The link of a call. Only small calls share a request: the server refuses a batch as a whole if it is too large or too
 * deep, and responds when the slowest call is done.
 */
export const routeOf = (json: string, is_query: boolean): 'batch' | 'alone' => {
  const fits = is_query ? encodeURIComponent(json).length <= MAX_BATCHED_QUERY_LENGTH : isSmall(json);
  return fits ? 'batch' : 'alone';
};

export interface LinkOptions {
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly fetch: Fetch;
  readonly timeout_ms: number;
}

/** Creates the links to the server. The context of each call selects one by `route`. */
export const createLinks = ({ url, headers, fetch, timeout_ms }: LinkOptions): TRPCLink<AppRouter>[] => {
  const http = { url, headers, fetch: createExchange(fetch, timeout_ms) };
  return [
    splitLink({
      condition: ({ context }) => context['route'] === 'batch',
      true: httpBatchLink({ ...http, maxItems: MAX_CALLS, maxURLLength: MAX_URL_LENGTH }),
      false: splitLink({
        condition: ({ context }) => context['route'] === 'slow',
        true: httpLink({ ...http, fetch: createExchange(fetch, Math.max(timeout_ms, SLOW_MS)) }),
        false: httpLink(http),
      }),
    }),
  ];
};
