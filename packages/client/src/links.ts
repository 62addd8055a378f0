import type { AppRouter } from '@bellwire/server';
import { httpBatchLink, httpLink, splitLink, type TRPCLink } from '@trpc/client';
import { createExchange, type Fetch } from './exchange.ts';

/** As many as the server takes. */
const MOST_CALLS = 100;
/** Proxies begin to refuse request lines at 8 kB. */
const LONGEST_URL = 7_000;
/** One of these alone leaves room for the rest of the URL. */
const LONGEST_QUERY_IN_BATCH = 5_000;
/** A full batch of these stays below the 1 MiB that the server takes. */
const MOST_BYTES_IN_BATCH = 10_000;
/** The server refuses a whole body that is nested deeper than 128; with fewer brackets no call can be. */
const MOST_BRACKETS_IN_BATCH = 100;
/** A receiver may take 60 s to answer a validation. */
const SLOW_MS = 90_000;

const utf8 = new TextEncoder();

const isSmall = (json: string): boolean =>
  json.length <= MOST_BYTES_IN_BATCH &&
  utf8.encode(json).length <= MOST_BYTES_IN_BATCH &&
  (json.match(/[[{]/g)?.length ?? 0) <= MOST_BRACKETS_IN_BATCH;

/**
 * Calls of one turn share a request where they cannot harm each other: a batch is refused as a whole when it is too
 * large or too deep, and answered when its slowest call is.
 */
export const wayOf = (json: string, is_query: boolean): 'batch' | 'alone' => {
  const fits = is_query ? encodeURIComponent(json).length <= LONGEST_QUERY_IN_BATCH : isSmall(json);
  return fits ? 'batch' : 'alone';
};

export interface LinkOptions {
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly fetch: Fetch;
  readonly timeout_ms: number;
}

/** The way to the server; each call names its own in its context. */
export const createLinks = ({ url, headers, fetch, timeout_ms }: LinkOptions): TRPCLink<AppRouter>[] => {
  const http = { url, headers, fetch: createExchange(fetch, timeout_ms) };
  return [
    splitLink({
      condition: ({ context }) => context['way'] === 'batch',
      true: httpBatchLink({ ...http, maxItems: MOST_CALLS, maxURLLength: LONGEST_URL }),
      false: splitLink({
        condition: ({ context }) => context['way'] === 'slow',
        true: httpLink({ ...http, fetch: createExchange(fetch, Math.max(timeout_ms, SLOW_MS)) }),
        false: httpLink(http),
      }),
    }),
  ];
};
