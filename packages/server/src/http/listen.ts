import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { BellwireError } from '../core/errors.ts';
import type { Clock } from '../ports/clock.ts';
import { errorResponse } from './answers.ts';
import { connectionsMax, idleLimit, requestLimits } from './connection-limits.ts';
import { type Binding, createHostCheck, severalHosts } from './host-check.ts';
import { listenTogether } from './listen-together.ts';
import { noteNodeResponse } from './node-responses.ts';
import { RequestTurns } from './request-turns.ts';
import { stopParsingWhenDestroyed } from './stop-parsing.ts';
import { UnreadBodies } from './unread-bodies.ts';

export interface Listening {
  readonly host: string;
  readonly port: number;
  /** Stops accepting connections. Resolves when all pending responses are sent. */
  readonly close: () => Promise<void>;
}

const reasonOf = (error: NodeJS.ErrnoException, host: string, port: number): BellwireError => {
  if (error.code === 'EADDRINUSE') {
    return new BellwireError(
      'port_taken',
      `Port ${port} on ${host} is already in use by another program. Stop that program, or choose another port with BELLWIRE_PORT=4401 or --port 4401.`,
      { cause: error },
    );
  }
  return new BellwireError(
    'config_invalid',
    `Bellwire cannot listen on ${host}:${port} (${error.code ?? error.message}). Check BELLWIRE_HOST and BELLWIRE_PORT.`,
    { cause: error },
  );
};

type FetchCallback = Parameters<typeof getRequestListener>[0];

/** Connections that wait to be accepted: beyond them, clients retry after a second. The system may allow fewer. */
const BACKLOG = 4_096;

export interface ListenOptions extends Binding {
  readonly clock: Pick<Clock, 'after' | 'soon'>;
  readonly port: number;
  /** The time to receive a request. Default: 30 seconds. */
  readonly request_timeout_ms?: number;
}

/** Serves the app on a port, as the exported function of the same name describes. */
export const listen = async (
  fetch: (request: Request) => Response | Promise<Response>,
  { clock, host, port, public_url, request_timeout_ms }: ListenOptions,
): Promise<Listening> => {
  const checkHost = createHostCheck({ host, public_url });
  const unread = new UnreadBodies(clock);
  const turns = new RequestTurns(clock);
  let closing = false;
  const handle: FetchCallback = async (request, { incoming, outgoing }) => {
    const refusal = severalHosts(incoming.rawHeaders) ?? checkHost?.(request.headers.get('host')) ?? null;
    noteNodeResponse(request, outgoing);
    const response = refusal === null ? await fetch(request) : errorResponse(refusal);
    // A keep-alive connection would prevent the server from closing.
    if (closing) response.headers.set('connection', 'close');
    // Before the listener of Node, which would read the body as fast as it arrives.
    if (!incoming.complete) outgoing.prependOnceListener('finish', () => unread.discard(incoming));
    return response;
  };
  const serverOptions = requestLimits(request_timeout_ms);
  const timeout = idleLimit(request_timeout_ms);
  const answer = getRequestListener(handle, { hostname: host, autoCleanupIncoming: false });
  const createOne = () =>
    Object.assign(
      createServer(serverOptions, (incoming, outgoing) =>
        turns.run(incoming.socket, outgoing, () => void answer(incoming, outgoing)),
      ),
      { timeout },
    ).on('connection', stopParsingWhenDestroyed);
  const place = { host, port, backlog: BACKLOG, connections_max: connectionsMax() };
  const listeners = await listenTogether(createOne, place).catch((error: NodeJS.ErrnoException) => {
    throw reasonOf(error, host, port);
  });
  return {
    host,
    port: listeners.port,
    close: () => {
      closing = true;
      return listeners.close();
    },
  };
};
