import { Server, type Socket } from 'node:net';
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

/** Resolves when what was written has been handed to the system, or the connection is closed. */
const sent = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    // A connection that has been ended closes by itself; an empty write comes after those before it.
    if (socket.writableEnded) socket.once('close', () => resolve());
    else socket.write('', () => resolve());
  });

/**
 * Stops accepting connections, and resolves when all of them have ended. Node counts a connection as idle when its response
 * is written, although the system has not taken all of it: closing it then would truncate the response.
 */
const closeWhenSent = async (servers: readonly ServerType[], sockets: Iterable<Socket>): Promise<void> => {
  const closed = servers.map(
    (server) => new Promise((resolve) => Server.prototype.close.call(server, resolve)),
  );
  const unsent = [...sockets].filter(({ writableLength }) => writableLength > 0);
  await Promise.all(unsent.map(sent));
  // Also closes the idle connections.
  for (const server of servers) server.close();
  await Promise.all(closed);
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
const limitConnections = (servers: readonly ServerType[], max: number): ReadonlySet<Socket> => {
  const open = new Set<Socket>();
  for (const server of servers) {
    server.on('connection', (socket: Socket) => {
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
  const sockets = limitConnections(servers, connections_max);
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
  return { port, close: () => closeWhenSent(servers, sockets) };
};
