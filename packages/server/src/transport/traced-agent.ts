import type { Socket } from 'node:net';
import { callbackify } from 'node:util';
import { Agent, Client, Pool } from 'undici';
import { HttpExchange } from './http-exchange.ts';
import type { Dial } from './guarded-connector.ts';
import { TransportError } from './transport-error.ts';

const MAX_HEADER_BYTES = 16_384;
const KEEP_ALIVE_MS = 30_000;
const MAX_KEEP_ALIVE_MS = 60_000;

export interface TracedAgentOptions {
  readonly keeps_connections: boolean;
  /** No request is sent on an older connection, so that a changed DNS answer takes effect. */
  readonly max_connection_age_ms: number;
}

/**
 * A client (one connection) that knows for which exchange it dials. undici can also dial between two dispatches, if a
 * reused connection turns out to be dead, so the exchange is that of the client's latest dispatch: with `pipelining` ≤ 1
 * it is the only one.
 */
const createTracedClient = (origin: URL, options: Client.Options, dial: Dial): Client => {
  let current: HttpExchange | null = null;
  let connected_address: string | null = null;
  let connection: Socket | null = null;

  const countReceived = (socket: Socket): void => {
    connection = socket;
    current?.startCount(socket.bytesRead);
    // After undici's own listener, which parses what was received.
    socket.on('readable', () => current?.onReceived(socket.bytesRead));
  };

  // callbackify, so that an error inside undici is thrown rather than swallowed by a promise.
  const startDial = callbackify(dial);
  const client = new Client(origin, {
    ...options,
    connect: (target, done) => {
      const exchange = current;
      if (exchange === null) {
        done(new TransportError('EXCHANGE_OVER'), null);
        return;
      }
      startDial(target, exchange, (error, socket) => {
        connected_address = exchange.remote_address;
        if (error === null) {
          done(null, socket);
          countReceived(socket);
        } else {
          done(error, null);
        }
      });
    },
  });

  const dispatch = client.dispatch.bind(client);
  client.dispatch = (request, handler) => {
    if (handler instanceof HttpExchange) {
      current = handler;
      handler.remote_address = connected_address;
      handler.startCount(connection?.bytesRead ?? 0);
    }
    return dispatch(request, handler);
  };
  return client;
};

/**
 * An undici agent that opens every connection with `dial`, without timeouts or redirects. Connections are reused unless
 * `keeps_connections` is false.
 */
export const createTracedAgent = (
  dial: Dial,
  { keeps_connections, max_connection_age_ms }: TracedAgentOptions,
): Agent => {
  const options: Client.Options = {
    allowH2: false,
    pipelining: keeps_connections ? 1 : 0,
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: MAX_KEEP_ALIVE_MS,
  };
  const createClient = (origin: URL): Client => createTracedClient(origin, options, dial);
  const createPool = (origin: string | URL): Pool =>
    new Pool(origin, {
      allowH2: false,
      connections: null,
      clientTtl: max_connection_age_ms,
      factory: createClient,
    });
  return new Agent({ allowH2: false, factory: createPool });
};
