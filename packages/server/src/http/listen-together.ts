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
  new Promise((resolve) => server.close(() => resolve()));

/** Of a connection of Node's `http`. */
interface Connection {
  readonly writableEnded: boolean;
  readonly writableLength: number;
  readonly write: (text: string, done: () => void) => unknown;
  readonly once: (event: 'close', listener: () => void) => unknown;
  readonly destroy: () => unknown;
}

/** Resolves when what was written has been handed to the system, or the connection is closed. */
const sent = (connection: Connection): Promise<void> =>
  new Promise((resolve) => {
    // A connection that has been ended closes by itself; an empty write comes after those before it.
    if (connection.writableEnded) connection.once('close', resolve);
    else connection.write('', resolve);
  });

/** Stops accepting connections, and returns a function that closes the idle ones. */
const stopAccepting = (server: ServerType, onClosed: () => void): (() => void) => {
  if (!('closeIdleConnections' in server)) {
    server.close(onClosed);
    return () => undefined;
  }
  const closeIdle = server.closeIdleConnections.bind(server);
  // `close` calls it.
  server.closeIdleConnections = () => undefined;
  server.close(onClosed);
  return closeIdle;
};

/**
 * Stops accepting connections, and resolves when all of them have ended. Node counts a connection as idle when its response
 * is written, although the system has not taken all of it: closing it then would truncate the response.
 */
const closeWhenSent = async (
  servers: readonly ServerType[],
  connections: Iterable<Connection>,
): Promise<void> => {
  const closed = servers.map(() => Promise.withResolvers<void>());
  const closeIdle = servers.map((server, n) => stopAccepting(server, () => closed[n]?.resolve()));
  const unsent = [...connections].filter(({ writableLength }) => writableLength > 0);
  await Promise.all(unsent.map(sent));
  for (const close of closeIdle) close();
  await Promise.all(closed.map(({ promise }) => promise));
};

const assertFree = async (probe: ServerType, place: Place): Promise<void> => {
  await listenOn(probe, place);
  await closeServer(probe);
};

export interface Listeners {
  readonly port: number;
  /** Stops accepting connections. Resolves when all of them have ended. */
  readonly close: () => Promise<void>;
}

/** The open connections of all servers. Destroys those beyond `max`. */
const limitConnections = (servers: readonly ServerType[], max: number): ReadonlySet<Connection> => {
  const open = new Set<Connection>();
  for (const server of servers) {
    server.on('connection', (socket: Connection) => {
      open.add(socket);
      socket.once('close', () => open.delete(socket));
      if (open.size > max) socket.destroy();
    });
  }
  return open;
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
  const connections = limitConnections(servers, connections_max);
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
  return { port, close: () => closeWhenSent(servers, connections) };
};
