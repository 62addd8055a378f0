import type { Agent } from 'undici';
import type { Clock } from '../ports/clock.ts';
import type { OutboundRequest, SendResult, Transport } from '../ports/transport.ts';
import type { AddressPolicy } from './address-policy.ts';
import { HttpExchange, type HttpExchangeContext } from './http-exchange.ts';
import type { HostPolicy } from './host-policy.ts';
import { createGuardedDial } from './guarded-connector.ts';
import { toOutboundHeaders, transportHeaders } from './outbound-headers.ts';
import type { Resolver } from './resolver.ts';
import { createResultBatch } from './result-batch.ts';
import { createUrlSplitter } from './split-url.ts';
import { createTracedAgent } from './traced-agent.ts';

export interface HttpTransportOptions {
  readonly address_policy: AddressPolicy;
  readonly host_policy: HostPolicy;
  readonly resolver: Resolver;
  readonly clock: Clock;
  /** Receives the results of one turn of the event loop as one array. */
  readonly onResults: (results: readonly SendResult[]) => void;
  /** Maximum size of a captured body; default 16 KiB. */
  readonly max_body_bytes?: number;
}

const MAX_BODY_BYTES = 16_384;

/** `kept` reuses connections; `fresh` opens one for each request. */
interface AgentPair {
  readonly kept: Agent;
  readonly fresh: Agent;
}

/**
 * Sends over HTTP/1.1. Never opens a socket to an address that `address_policy` refuses, follows no redirects, and sends
 * bodies with `content-length`, never chunked. Requests with and without certificate checks share neither connections
 * nor TLS sessions.
 *
 * A request that fails on a reused connection before the first byte of a response is sent once more on a new one.
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
  const onResult = createResultBatch(clock, (results) => {
    options.onResults(results);
    running -= results.length;
    if (running === 0) onIdle?.();
  });

  const dispatch = (exchange: HttpExchange, connections: keyof AgentPair): void => {
    const { url, method, headers, body, insecure_ssl } = exchange.request;
    try {
      const { origin, host, path } = splitUrl(url);
      exchange.transport_headers = transportHeaders(exchange.request, host, connections === 'kept');
      const agent = (insecure_ssl ? insecure : verified)[connections];
      agent.dispatch({ origin, path, method, headers: toOutboundHeaders(headers), body }, exchange);
    } catch (error) {
      exchange.fail(error);
    }
  };

  const context: HttpExchangeContext = {
    clock,
    max_body_bytes: options.max_body_bytes ?? MAX_BODY_BYTES,
    dispatchFresh: (exchange) => dispatch(exchange, 'fresh'),
    onResult,
  };

  const start = (request: OutboundRequest): void => {
    running += 1;
    dispatch(new HttpExchange(request, context), 'kept');
  };

  const closeAll = async (): Promise<void> => {
    // A request in flight may still need a fresh connection, which a closed agent would refuse.
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
