import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from 'node:tls';
import { portOf } from './port-of.ts';

export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  /** Request line and headers, unparsed. */
  readonly head: string;
  readonly body: string;
  /** The number of the connection, and of the request on it: both from 1. */
  readonly connection: number;
  readonly nth_on_connection: number;
}

export type Behaviour = (socket: Socket, request: ReceivedRequest) => void;

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

/** Self-signed, until 2126: client certificates for receivers that require one. */
export const clientTls = (name: 'client-a' | 'client-b'): TlsFiles => ({
  cert: fixture(`${name}-cert.pem`),
  key: fixture(`${name}-key.pem`),
});

/** A receiver's TLS that accepts only these client certificates. */
export const requiring = (...clients: readonly TlsFiles[]): TlsOptions => ({
  ...receiverTls(),
  requestCert: true,
  rejectUnauthorized: true,
  ca: clients.map(({ cert }) => cert),
});

/** Signed by an authority whose certificate and key do not exist any more; receiver.example.com and 127.0.0.1, same key. */
export const unknownAuthorityTls = (): TlsFiles => ({
  cert: fixture('unknown-authority-cert.pem'),
  key: fixture('receiver-key.pem'),
});

/** Ended in 2020; receiver.example.com, same key. */
export const expiredTls = (): TlsFiles => ({
  cert: fixture('expired-cert.pem'),
  key: fixture('receiver-key.pem'),
});

const commonName = (socket: TLSSocket): string | null => {
  const name = socket.getPeerCertificate().subject?.CN;
  return typeof name === 'string' ? name : null;
};

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
 * A raw TCP (or TLS) server that reads whole requests and runs the behaviour of the request's path on the socket.
 * `onConnection` replaces both, for peers that never reach HTTP.
 */
export const startFaultyReceiver = async (
  behaviours: Readonly<Record<string, Behaviour>>,
  options: {
    readonly tls?: TlsFiles | TlsOptions;
    readonly onConnection?: (socket: Socket) => void;
    readonly host?: string;
    readonly port?: number;
  } = {},
) => {
  const requests: ReceivedRequest[] = [];
  const serverNames: string[] = [];
  const clientNames: (string | null)[] = [];
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
        const { head, body } = taken;
        const request = { method, path, head, body, connection, nth_on_connection: nth };
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
  server.on('secureConnection', (socket: TLSSocket & { readonly servername?: string | false }) => {
    serverNames.push(String(socket.servername));
    clientNames.push(commonName(socket));
    accept(socket);
    onReady(socket);
  });
  server.listen(options.port ?? 0, options.host ?? '127.0.0.1');
  await once(server, 'listening');
  const port = portOf(server);

  return {
    port,
    origin: `http://127.0.0.1:${port}`,
    requests: requests as readonly ReceivedRequest[],
    /** The number of TCP connections so far. */
    connections: () => connections,
    /** The common names of the certificates of TLS clients, null without one. */
    client_names: clientNames as readonly (string | null)[],
    /** The server names that TLS clients requested. */
    server_names: serverNames as readonly string[],
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
};
