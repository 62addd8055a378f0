import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { portOf } from './port-of.ts';

export interface ProxyOptions {
  /** The raw answer to CONNECT, after which the connection stays open. Default: connects. */
  readonly answer?: string;
}

/** A forward proxy on loopback that resolves every name to 127.0.0.1. */
export const startProxy = async ({ answer }: ProxyOptions = {}) => {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
  };
  const tunnel = (client: Socket, port: number): void => {
    const receiver = connect(port, '127.0.0.1', () => client.write('HTTP/1.1 200 Connected\r\n\r\n'));
    keep(receiver);
    client.pipe(receiver).pipe(client);
    receiver.on('close', () => client.destroy());
  };
  const server = createServer((client) => {
    keep(client);
    client.once('data', (chunk) => {
      const head = chunk.toString('latin1');
      requests.push(head);
      if (answer === undefined) tunnel(client, Number(/^CONNECT \S+:(\d+) /.exec(head)?.[1]));
      else client.write(answer, 'latin1');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    authority: `127.0.0.1:${portOf(server)}`,
    /** The heads of the requests. */
    requests: requests as readonly string[],
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
};
