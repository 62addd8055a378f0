import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { portOf } from './port-of.ts';

/** A way to a server on this machine that a test can interrupt without a trace. */
export interface SilentProxy extends AsyncDisposable {
  readonly port: number;
  /** From now on, nothing arrives on the connections that exist and on new ones, and none ends. */
  readonly silence: () => void;
  /** New connections work again. Those of before stay silent. */
  readonly restore: () => void;
}

/** Forwards the connections to a port of 127.0.0.1. */
export const startSilentProxy = async (target: number): Promise<SilentProxy> => {
  const sockets = new Set<Socket>();
  const pairs = new Set<readonly [Socket, Socket]>();
  let is_silent = false;
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
  };
  const server = createServer((client) => {
    keep(client);
    if (is_silent) return;
    const upstream = keep(connect(target, '127.0.0.1'));
    client.pipe(upstream).pipe(client);
    client.on('close', () => upstream.destroy());
    pairs.add([client, upstream]);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: portOf(server),
    silence: () => {
      is_silent = true;
      for (const [client, upstream] of pairs) {
        client.unpipe(upstream).pause();
        upstream.unpipe(client).pause();
      }
    },
    restore: () => {
      is_silent = false;
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
};
