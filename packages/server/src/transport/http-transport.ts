import type { Agent } from 'undici';
import type { Clock } from '../ports/clock.ts';
import type { OutboundRequest, SendResult, Transport } from '../ports/transport.ts';
import type { AddressPolicy } from './address-policy.ts';
import { Attempt, type AttemptContext } from './http-exchange.ts';
import { createGuardedDial } from './guarded-connector.ts';
import { toOutboundHeaders } from './outbound-headers.ts';
import type { Resolver } from './resolver.ts';
import { createResultBatch } from './result-batch.ts';
import { createUrlSplitter } from './split-url.ts';
import { createTracedAgent } from './traced-agent.ts';

export interface HttpTransportOptions {
  readonly address_policy: AddressPolicy;
  readonly resolver: Resolver;
  readonly clock: Clock;
  /** Gets the results of one turn of the event loop together. */
  readonly onResults: (results: readonly SendResult[]) => void;
  /** How much of a body is read and kept; 16 KiB unless given. */
  readonly max_body_bytes?: number;
}

const MAX_BODY_BYTES = 16_384;

/** Kept connections, and connections for one request each. */
interface AgentPair {
  readonly kept: Agent;
  readonly fresh: Agent;
}

/**
 * Sends over HTTP/1.1. No socket is opened to an address that `address_policy` refuses; redirects are not
 * followed; bodies go out with `content-length`, never chunked. Requests with and without certificate checks
 * share no connection and no TLS session.
 *
 * A request that breaks on a kept connection before any byte of an answer goes out once more on a fresh one.
 */
export const createHttpTransport = (options: HttpTransportOptions): Transport => {
  const { clock } = options;
  const createPair = (insecure_ssl: boolean): AgentPair => {
    const dial = createGuardedDial({ ...options, insecure_ssl });
    return { kept: createTracedAgent(dial, true), fresh: createTracedAgent(dial, false) };
  };
  const verified = createPair(false);
  const insecure = createPair(true);
  const splitUrl = createUrlSplitter();

  let running = 0;
  let onIdle: (() => void) | null = null;
  const batch = createResultBatch(clock, (results) => {
    options.onResults(results);
    running -= results.length;
    if (running === 0) onIdle?.();
  });

  const dispatch = (attempt: Attempt, connections: keyof AgentPair): void => {
    const { url, method, headers, body, insecure_ssl } = attempt.request;
    try {
      const { origin, path } = splitUrl(url);
      const agent = (insecure_ssl ? insecure : verified)[connections];
      agent.dispatch({ origin, path, method, headers: toOutboundHeaders(headers), body }, attempt);
    } catch (error) {
      attempt.fail(error);
    }
  };

  const context: AttemptContext = {
    clock,
    max_body_bytes: options.max_body_bytes ?? MAX_BODY_BYTES,
    dispatchFresh: (attempt) => dispatch(attempt, 'fresh'),
    onResult: batch.add,
  };

  const start = (request: OutboundRequest): void => {
    running += 1;
    dispatch(new Attempt(request, context), 'kept');
  };

  const closeAll = async (): Promise<void> => {
    // An attempt under way may still need a fresh connection, which a closed agent would refuse.
    if (running > 0) await new Promise<void>((resolve) => (onIdle = resolve));
    const agents = [verified.kept, verified.fresh, insecure.kept, insecure.fresh];
    await Promise.all(agents.map((agent) => agent.close()));
  };
  let closed: Promise<void> | null = null;

  return {
    send: (requests) => requests.forEach(start),
    close: () => (closed ??= closeAll()),
  };
};
