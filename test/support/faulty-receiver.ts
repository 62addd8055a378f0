import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { portOf } from './port-of.ts';

export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  /** Request line and headers as they came. */
  readonly head: string;
  readonly body: string;
  /** The connection that it came on, and its place there: both from 1. */
  readonly connection: number;
  readonly nth_on_connection: number;
}

export type Behaviour = (socket: Socket, request: ReceivedRequest) => void;

export interface FaultyReceiver extends AsyncDisposable {
  readonly port: number;
  /** `http://127.0.0.1:port` */
  readonly origin: string;
  readonly requests: readonly ReceivedRequest[];
  /** TCP connections so far. */
  readonly connections: () => number;
  /** Server names that TLS clients asked for. */
  readonly server_names: readonly string[];
}

export interface TlsFiles {
  readonly cert: Buffer;
  readonly key: Buffer;
}

const fixture = (name: string): Buffer => readFileSync(new URL(`./tls/${name}`, import.meta.url));

/** Self-signed, until 2126, for receiver.example.com, localhost and 127.0.0.1. */
export const receiverTls = (): TlsFiles => ({
  cert: fixture('receiver-cert.pem'),
  key: fixture('receiver-key.pem'),
});

/** Ended in 2020; receiver.example.com, same key. */
export const expiredTls = (): TlsFiles => ({
  cert: fixture('expired-cert.pem'),
  key: fixture('receiver-key.pem'),
});

const takeRequest = (received: string): { head: string; body: string; rest: string } | null => {
  const end = received.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const head = received.slice(0, end);
  const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
  const bodyEnd = end + 4 + length;
  if (received.length < bodyEnd) return null;
  return { head, body: received.slice(end + 4, bodyEnd), rest: received.slice(bodyEnd) };
};

/**
 * A raw TCP (or TLS) server that reads whole requests and does to the socket what the behaviour of the
 * request's path says. `onConnection` replaces all of that, for peers that never get as far as HTTP.
 */
export const startFaultyReceiver = async (
  behaviours: Readonly<Record<string, Behaviour>>,
  options: { readonly tls?: TlsFiles; readonly onConnection?: (socket: Socket) => void } = {},
): Promise<FaultyReceiver> => {
  const requests: ReceivedRequest[] = [];
  const serverNames: string[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;

  const serve = (socket: Socket): void => {
    const connection = connections;
    let received = '';
    let nth = 0;
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      for (let taken = takeRequest(received); taken !== null; taken = takeRequest(received)) {
        received = taken.rest;
        nth += 1;
        const [method = '', path = ''] = taken.head.split(' ');
        const request = {
          method,
          path,
          head: taken.head,
          body: taken.body,
          connection,
          nth_on_connection: nth,
        };
        requests.push(request);
        behaviours[path]?.(socket, request);
      }
    });
  };

  const accept = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  };
  const onReady = options.onConnection ?? serve;
  const server: Server = options.tls === undefined ? createServer() : createTlsServer(options.tls);
  server.on('connection', (socket: Socket) => {
    connections += 1;
    accept(socket);
    if (options.tls === undefined) onReady(socket);
  });
  server.on('secureConnection', (socket: Socket & { readonly servername?: string | false }) => {
    serverNames.push(String(socket.servername));
    accept(socket);
    onReady(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = portOf(server);

  return {
    port,
    origin: `http://127.0.0.1:${port}`,
    requests,
    connections: () => connections,
    server_names: serverNames,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
};
