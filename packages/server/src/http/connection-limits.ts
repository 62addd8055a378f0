/** Time to receive a whole request. Node answers 408 and closes the connection after it. */
const REQUEST_MS = 30_000;
/** How often Node looks for requests that take too long. */
const CHECK_MS = 5_000;
/** A connection on which nothing has moved for this long is closed, in times to receive a request: two minutes. */
const IDLE = 4;
const CONNECTIONS_MAX = 10_000;
const CONNECTIONS_MIN = 16;

/** The `http` options that bound the time of a request. */
export const requestLimits = (request_ms = REQUEST_MS) => ({
  requestTimeout: request_ms,
  headersTimeout: request_ms,
  connectionsCheckingInterval: Math.min(CHECK_MS, request_ms / 2),
});

/**
 * The time in milliseconds after which a connection is closed on which nothing moves: its client does not read a response,
 * or a stream. Longer than any call waits.
 */
export const idleLimit = (request_ms = REQUEST_MS): number => IDLE * request_ms;

/** The files that this process may have open. */
const filesMax = (): number => {
  // Else the report looks up the name of every peer.
  Object.assign(process.report, { excludeNetwork: true });
  const { userLimits } = process.report.getReport() as unknown as {
    readonly userLimits?: { readonly open_files?: { readonly soft: number | 'unlimited' } };
  };
  const soft = userLimits?.open_files?.soft;
  return typeof soft === 'number' ? soft : Infinity;
};

/** The connections of clients at one time: half of the files, so that deliveries and the database always get theirs. */
export const connectionsMax = (): number =>
  Math.max(CONNECTIONS_MIN, Math.min(CONNECTIONS_MAX, Math.floor(filesMax() / 2)));
