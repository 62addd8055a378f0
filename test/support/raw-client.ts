import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** The state of a connection, and the bytes received on it so far. */
export interface Received {
  readonly text: () => string;
  readonly bytes: () => number;
  readonly state: () => 'connecting' | 'handshaking' | 'open' | 'closed' | 'reset';
  readonly socket: Socket;
}

const REQUEST = 'POST / HTTP/1.1\r\nhost: receiver\r\ncontent-length: 2\r\n\r\n{}';

export interface RawOptions {
  readonly is_tls?: boolean;
  /** Sends a second request on the same connection when the first bytes have come back. */
  readonly is_twice?: boolean;
}

/** Connects, sends a request to `/` and keeps what comes back, byte by byte. It knows nothing of HTTP. */
export const callRaw = (port: number, { is_tls = false, is_twice = false }: RawOptions = {}): Received => {
  let state: ReturnType<Received['state']> = 'connecting';
  let text = '';
  let bytes = 0;
  const plain = connect(port, '127.0.0.1');
  plain.on('connect', () => (state = 'handshaking'));
  const socket = is_tls
    ? connectTls({
        socket: plain,
        rejectUnauthorized: false,
        minVersion: 'TLSv1',
        ciphers: 'DEFAULT@SECLEVEL=0',
      })
    : plain;
  socket.on(is_tls ? 'secureConnect' : 'connect', () => {
    state = 'open';
    socket.write(REQUEST);
  });
  if (is_twice) socket.once('data', () => socket.write(REQUEST));
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (text.length < 65_536) text += chunk.toString('latin1');
  });
  // Those that end without a handshake stay `handshaking`.
  socket.on('end', () => state === 'open' && (state = 'closed'));
  socket.on('error', () => state === 'open' && (state = 'reset'));
  return { text: () => text, bytes: () => bytes, state: () => state, socket };
};

/** Ends a connection that was only watched. */
export const hangUp = async ({ socket }: Received): Promise<void> => {
  if (socket.closed) return;
  socket.destroy();
  await once(socket, 'close');
};
