import { createAdaptorServer } from '@hono/node-server';
import { BellwireError } from '../core/errors.ts';
import { errorResponse } from './answers.ts';
import { connectionsMax, requestLimits } from './connection-limits.ts';
import { type Binding, createHostCheck, severalHosts } from './host-check.ts';
import { listenTogether } from './listen-together.ts';

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

type FetchCallback = Parameters<typeof createAdaptorServer>[0]['fetch'];

/** Connections that wait to be accepted: beyond them, clients retry after a second. The system may allow fewer. */
const BACKLOG = 4_096;

interface ListenOptions extends Binding {
  readonly port: number;
  /** The time to receive a request. Default: 30 seconds. */
  readonly request_timeout_ms?: number;
}

/**
 * Serves the app on a port. Port 0 selects a free port. On loopback, requests for other hosts than this machine and that
 * of `public_url` get 421 `host_refused`.
 * @throws BellwireError `port_taken`, `config_invalid`.
 */
export const listen = async (
  fetch: (request: Request) => Response | Promise<Response>,
  { host, port, public_url, request_timeout_ms }: ListenOptions,
): Promise<Listening> => {
  const checkHost = createHostCheck({ host, public_url });
  let closing = false;
  const answer = async (request: Request): Promise<Response> => {
    const response = await fetch(request);
    // A keep-alive connection would prevent the server from closing.
    if (closing) response.headers.set('connection', 'close');
    return response;
  };
  const handle: FetchCallback = (request, { incoming }) => {
    const refusal = severalHosts(incoming.rawHeaders) ?? checkHost?.(request.headers.get('host')) ?? null;
    if (refusal !== null) return errorResponse(refusal);
    return closing ? answer(request) : fetch(request);
  };
  const serverOptions = requestLimits(request_timeout_ms);
  const createServer = () => createAdaptorServer({ fetch: handle, hostname: host, serverOptions });
  const place = { host, port, backlog: BACKLOG, connections_max: connectionsMax() };
  const listeners = await listenTogether(createServer, place).catch((error: NodeJS.ErrnoException) => {
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
