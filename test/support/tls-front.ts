import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createServer } from 'node:tls';
import { receiverTls } from './faulty-receiver.ts';
import { portOf } from './port-of.ts';

export interface TlsFront extends AsyncDisposable {
  /** `https://127.0.0.1:port` */
  readonly origin: string;
}

/** A self-signed certificate before a plain server on 127.0.0.1: passes every byte on, either way. */
export const startTlsFront = async (plain_port: number): Promise<TlsFront> => {
  const sockets = new Set<Socket>();
  const track = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy());
  };
  const server = createServer(receiverTls(), (outside) => {
    const inside = connect(plain_port, '127.0.0.1');
    [outside, inside].forEach(track);
    outside.pipe(inside).pipe(outside);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `https://127.0.0.1:${portOf(server)}`,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
};
