import type { Clock } from '../ports/clock.ts';
import type { OutboundRequest, SendResult, Transport } from '../ports/transport.ts';
import type { AddressPolicy } from './address-policy.ts';
import { type AgentPair, createAgentPairs, type Trust } from './agent-pairs.ts';
import { HttpExchange, type HttpExchangeContext } from './http-exchange.ts';
import type { HostPolicy } from './host-policy.ts';
import { createGuardedDial } from './guarded-connector.ts';
import { toOutboundHeaders, transportHeaders } from './outbound-headers.ts';
import type { ForwardProxy } from './proxy-tunnel.ts';
import type { Resolver } from './resolver.ts';
import { createResultBatch } from './result-batch.ts';
import { createUrlSplitter } from './split-url.ts';
import { createTracedAgent } from './traced-agent.ts';

export interface HttpTransportOptions {
  readonly address_policy: AddressPolicy;
  readonly host_policy: HostPolicy;
  readonly resolver: Resolver;
  /** Default null: connections to receivers are direct. */
  readonly proxy?: ForwardProxy | null;
  readonly clock: Clock;
  /** Receives the results of one turn of the event loop as one array. */
  readonly onResults: (results: readonly SendResult[]) => void;
  /** Maximum size of a captured body; default 16 KiB. */
  readonly max_body_bytes?: number;
  /** Asked right before a request is written: without a yes, it is not, and is `interrupted`. Default always. */
  readonly mayBegin?: (request: OutboundRequest) => boolean;
  /** Default 4 minutes. */
  readonly max_connection_age_ms?: number;
}

const MAX_BODY_BYTES = 16_384;
// With the minute for which the resolver keeps an answer, a changed one takes effect within 5 minutes.
const MAX_CONNECTION_AGE_MS = 240_000;

/**
 * Sends over HTTP/1.1. Never opens a socket to an address that `address_policy` refuses, follows no redirects, and sends
 * bodies with `content-length`, never chunked. Requests with and without certificate checks, and with different client
 * certificates, share neither connections nor TLS sessions.
 *
 * A request that fails on a reused connection before the first byte of a response is sent once more on a new one.
 */
export const createHttpTransport = (options: HttpTransportOptions): Transport => {
  const { clock } = options;
  const createPair = (trust: Trust): AgentPair => {
    const dial = createGuardedDial({ proxy: null, ...options, ...trust });
    const { max_connection_age_ms = MAX_CONNECTION_AGE_MS } = options;
    return {
      kept: createTracedAgent(dial, { keeps_connections: true, max_connection_age_ms }),
      fresh: createTracedAgent(dial, { keeps_connections: false, max_connection_age_ms }),
    };
  };
  const pairs = createAgentPairs(createPair);
  const splitUrl = createUrlSplitter();

  let running = 0;
  let onIdle: (() => void) | null = null;
  const onResult = createResultBatch(clock, (results) => {
    options.onResults(results);
    running -= results.length;
    if (running === 0) onIdle?.();
  });

  const dispatch = (exchange: HttpExchange, connections: keyof AgentPair): void => {
    const { url, method, headers, body } = exchange.request;
    try {
      const { origin, host, path } = splitUrl(url);
      exchange.transport_headers = transportHeaders(exchange.request, host, connections === 'kept');
      const agent = pairs.of(exchange.request)[connections];
      agent.dispatch({ origin, path, method, headers: toOutboundHeaders(headers), body }, exchange);
    } catch (error) {
      exchange.fail(error);
    }
  };

  const context: HttpExchangeContext = {
    clock,
    max_body_bytes: options.max_body_bytes ?? MAX_BODY_BYTES,
    mayBegin: options.mayBegin ?? (() => true),
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
    await pairs.close();
  };
  let closed: Promise<void> | null = null;

  return {
    send: (requests) => requests.forEach(start),
    close: () => (closed ??= closeAll()),
  };
};
