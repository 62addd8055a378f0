import type { Socket } from 'node:net';
import type { Behaviour } from './faulty-receiver.ts';

/** Writes `text` every `every_ms` until the connection closes. */
const repeat = (socket: Socket, text: string, every_ms: number): void => {
  const timer = setInterval(() => socket.write(text), every_ms);
  socket.on('close', () => clearInterval(timer));
};

/** Writes exactly this text, as latin1. */
export const writes =
  (text: string): Behaviour =>
  (socket) => {
    socket.write(text, 'latin1');
  };

/** Writes exactly this text, then closes with FIN. */
export const writesAndCloses =
  (text: string): Behaviour =>
  (socket) => {
    socket.end(text, 'latin1');
  };

/** Writes this text, then resets the connection. */
export const writesAndResets =
  (text: string): Behaviour =>
  (socket) => {
    socket.write(text, 'latin1', () => setImmediate(() => socket.resetAndDestroy()));
  };

/** A well-formed response; the connection stays open. */
export const replies = (status: number, body: string, headers = ''): Behaviour =>
  writes(`HTTP/1.1 ${status} Status\r\n${headers}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);

export const neverReplies: Behaviour = () => {};

export const dripsHeaders: Behaviour = (socket) => {
  socket.write('HTTP/1.1 200 OK\r\nx-drip: ');
  repeat(socket, 'a', 20);
};

/** Complete 200 headers, then an endless body, byte by byte. */
export const dripsBody: Behaviour = (socket) => {
  socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
  repeat(socket, '1\r\nx\r\n', 20);
};

/** Endless interim responses. */
export const repeatsInterim =
  (status: number): Behaviour =>
  (socket) => {
    repeat(socket, `HTTP/1.1 ${status} Interim\r\n\r\n`, 5);
  };

/** 200 and one header of 1 MiB. */
export const sendsHugeHeaders: Behaviour = writes(`HTTP/1.1 200 OK\r\nx: ${'a'.repeat(1 << 20)}\r\n\r\n`);

/** 200 and as much body as the peer accepts; `onAccepted` gets the number of bytes that the kernel took. */
export const pours =
  (onAccepted: (bytes: number) => void): Behaviour =>
  (socket) => {
    const piece = Buffer.alloc(65_536, 'x');
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10737418240\r\n\r\n');
    const pour = (): void => {
      while (!socket.destroyed && socket.write(piece));
    };
    socket.on('drain', pour);
    socket.on('close', () => onAccepted(socket.bytesWritten - socket.writableLength));
    pour();
  };

/** Redirects to itself, or to this location. */
export const redirects =
  (status: number, location?: string): Behaviour =>
  (socket, request) => {
    const target = location ?? request.path;
    socket.write(`HTTP/1.1 ${status} Moved\r\nlocation: ${target}\r\ncontent-length: 0\r\n\r\n`);
  };

/** 200 and these bytes, encoded as `encoding` says, with their length. */
export const sends =
  (bytes: Buffer, encoding: string): Behaviour =>
  (socket) => {
    const head = `HTTP/1.1 200 OK\r\ncontent-encoding: ${encoding}\r\ncontent-length: ${bytes.length}\r\n\r\n`;
    socket.write(Buffer.concat([Buffer.from(head), bytes]));
  };

/** Replies to the first request of each connection; `next` handles later ones. */
export const repliesOnceThen =
  (next: Behaviour): Behaviour =>
  (socket, request) => {
    (request.nth_on_connection === 1 ? replies(200, 'first') : next)(socket, request);
  };

/** Resets the connection without an answer. */
export const resets: Behaviour = (socket) => socket.resetAndDestroy();
