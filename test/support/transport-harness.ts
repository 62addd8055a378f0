import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { systemClock } from '../../packages/server/src/clock.ts';
import type { Clock } from '../../packages/server/src/ports/clock.ts';
import type { OutboundRequest, SendResult } from '../../packages/server/src/ports/transport.ts';
import { createAddressPolicy } from '../../packages/server/src/transport/address-policy.ts';
import { createHostPolicy, type HostPolicyOptions } from '../../packages/server/src/transport/host-policy.ts';
import { createHttpTransport } from '../../packages/server/src/transport/http-transport.ts';
import { parseProxy } from '../../packages/server/src/transport/proxy-tunnel.ts';
import { createResolver, type Resolver } from '../../packages/server/src/transport/resolver.ts';
import { createStaticHosts } from '../../packages/server/src/transport/static-hosts.ts';
import type { DnsServer } from './dns-server.ts';

export interface HarnessOptions {
  readonly allow_networks?: readonly string[];
  readonly hosts?: Partial<HostPolicyOptions>;
  readonly static_hosts?: Readonly<Record<string, readonly string[]>>;
  readonly dns?: DnsServer;
  readonly clock?: Clock;
  readonly max_connection_age_ms?: number;
  /** The URL of a forward proxy. */
  readonly proxy?: string;
  readonly mayBegin?: (request: OutboundRequest) => boolean;
  /** Replaces the real resolver. */
  readonly resolver?: Resolver;
}

/** undici returns a connection to its pool two turns after a response. */
export const connectionIsIdle = async (): Promise<void> => {
  await nextTurn();
  await nextTurn();
};

let sequence = 0;

export const outbound = (url: string, request: Partial<OutboundRequest> = {}): OutboundRequest => ({
  id: `att_${++sequence}`,
  url,
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: '{"a":1}',
  timeout_ms: 5000,
  insecure_ssl: false,
  client_certificate: null,
  isolated: false,
  checked_at: 0,
  ...request,
});

/** A real transport, by default with the system clock and with loopback allowed. */
export const createTransportHarness = (options: HarnessOptions = {}) => {
  const waiting = new Map<string, (result: SendResult) => void>();
  const batches: (readonly SendResult[])[] = [];
  const resolver =
    options.resolver ??
    createResolver({
      clock: systemClock,
      static_hosts: createStaticHosts(options.static_hosts ?? {}),
      ...(options.dns === undefined ? {} : { servers: [options.dns.address] }),
    });
  const transport = createHttpTransport({
    clock: options.clock ?? systemClock,
    resolver,
    ...(options.mayBegin === undefined ? {} : { mayBegin: options.mayBegin }),
    proxy: options.proxy === undefined ? null : parseProxy(options.proxy),
    ...(options.max_connection_age_ms === undefined
      ? {}
      : { max_connection_age_ms: options.max_connection_age_ms }),
    address_policy: createAddressPolicy({
      allow_networks: options.allow_networks ?? ['127.0.0.0/8'],
      allow_metadata: false,
    }),
    host_policy: createHostPolicy({
      allow_hosts: null,
      refuse_hosts: [],
      https_only: false,
      ...options.hosts,
    }),
    onResults: (results) => {
      batches.push(results);
      for (const result of results) waiting.get(result.id)?.(result);
    },
  });

  const sendBatch = (requests: readonly OutboundRequest[]): Promise<readonly SendResult[]> => {
    const results = requests.map(
      ({ id }) => new Promise<SendResult>((resolve) => void waiting.set(id, resolve)),
    );
    transport.send(requests);
    return Promise.all(results);
  };

  return {
    sendBatch,
    /** The results of each call of `onResults`. */
    batches: batches as readonly (readonly SendResult[])[],
    /** Sends one request and waits for its result. */
    send: async (url: string, request?: Partial<OutboundRequest>) => {
      const [result] = await sendBatch([outbound(url, request)]);
      return result!;
    },
    close: transport.close,
    [Symbol.asyncDispose]: async () => {
      await transport.close();
      resolver.close();
    },
  };
};

/** Counts the client sockets that this process opens. */
export const countClientSockets = (): { readonly opened: () => number } & Disposable => {
  let opened = 0;
  const onSocket = (): void => {
    opened += 1;
  };
  subscribe('net.client.socket', onSocket);
  return { opened: () => opened, [Symbol.dispose]: () => void unsubscribe('net.client.socket', onSocket) };
};
