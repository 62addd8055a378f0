import { serve, type ServerType } from '@hono/node-server';
import { BellwireError } from '../core/errors.ts';
import { errorResponse } from './answers.ts';
import { type Binding, createHostCheck } from './host-check.ts';

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

const closeServer = (server: ServerType): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    if ('closeIdleConnections' in server) server.closeIdleConnections();
  });

/**
 * Serves the app on a port. Port 0 selects a free port. On loopback, requests for other hosts than this machine and that
 * of `public_url` get 421 `host_refused`.
 * @throws BellwireError `port_taken`, `config_invalid`.
 */
export const listen = (
  fetch: (request: Request) => Response | Promise<Response>,
  { host, port, public_url }: Binding & { readonly port: number },
): Promise<Listening> =>
  new Promise((resolve, reject) => {
    const checkHost = createHostCheck({ host, public_url });
    let closing = false;
    const answer = async (request: Request): Promise<Response> => {
      const response = await fetch(request);
      // A keep-alive connection would prevent the server from closing.
      if (closing) response.headers.set('connection', 'close');
      return response;
    };
    const handle = (request: Request): Response | Promise<Response> => {
      const refusal = checkHost?.(request.headers.get('host')) ?? null;
      if (refusal !== null) return errorResponse(refusal);
      return closing ? answer(request) : fetch(request);
    };
    const server = serve({ fetch: handle, hostname: host, port }, (address) => {
      resolve({
        host,
        port: address.port,
        close: () => {
          closing = true;
          return closeServer(server);
        },
      });
    });
    server.once('error', (error: NodeJS.ErrnoException) => reject(reasonOf(error, host, port)));
  });
