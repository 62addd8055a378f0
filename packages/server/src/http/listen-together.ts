import type { ServerType } from '@hono/node-server';

/**
 * Servers that listen on the same port. Node accepts about one connection of each per turn of the event loop: with one
 * server, clients that connect together wait for many turns, and those of others behind them. Only Linux shares a port
 * fairly.
 */
const SERVERS = process.platform === 'linux' ? 16 : 1;

interface Place {
  readonly host: string;
  readonly port: number;
  readonly backlog: number;
  readonly reusePort?: boolean;
}

const listenOn = (server: ServerType, options: Place): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options, () => {
      server.off('error', reject);
      // Accepting can fail for lack of files: the client sees that its connection was closed.
      server.on('error', () => undefined);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });

const closeServer = (server: ServerType): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    if ('closeIdleConnections' in server) server.closeIdleConnections();
  });

const assertFree = async (probe: ServerType, place: Place): Promise<void> => {
  await listenOn(probe, place);
  await closeServer(probe);
};

export interface Listeners {
  readonly port: number;
  /** Stops accepting connections. Resolves when all of them have ended. */
  readonly close: () => Promise<void>;
}

/** Destroys connections beyond `max`, over all servers. */
const limitConnections = (servers: readonly ServerType[], max: number): void => {
  let open = 0;
  for (const server of servers) {
    server.on('connection', (socket) => {
      open += 1;
      socket.once('close', () => (open -= 1));
      if (open > max) socket.destroy();
    });
  }
};

/**
 * Listens with several servers, which accept at most `connections_max` connections together. Port 0 selects a free port.
 * @throws Error of the system, such as EADDRINUSE.
 */
export const listenTogether = async (
  createServer: () => ServerType,
  { connections_max, ...place }: Place & { readonly connections_max: number },
): Promise<Listeners> => {
  const servers = Array.from({ length: SERVERS }, createServer);
  limitConnections(servers, connections_max);
  const shared = { ...place, reusePort: SERVERS > 1 };
  let { port } = place;
  try {
    // Without sharing first: another program that shares the port would go unnoticed, and get half of the connections. A
    // free port that the system selects is never a shared one.
    if (port !== 0) await assertFree(createServer(), place);
    for (const server of servers) port = await listenOn(server, { ...shared, port });
  } catch (error) {
    for (const server of servers) server.close();
    throw error;
  }
  return { port, close: async () => void (await Promise.all(servers.map(closeServer))) };
};
