import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, expect, it } from 'vitest';
import { listen } from '../../packages/server/src/listen.ts';

const MIB = 1_048_576;
// The capacity of the buffers of two sockets, which fill without being read.
const SOCKET_BUFFERS = 24 * MIB;
const PER_SECOND = 8 * MIB;

const refuse = (): Response => new Response('{"error":"no"}', { status: 401 });
const server = await listen(refuse, { host: '127.0.0.1', port: 0, public_url: null });
afterAll(() => server.close());

const open = async (): Promise<Socket> => {
  const socket = connect(server.port, '127.0.0.1').on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
};

const head = (bytes: number): string =>
  `POST /v1/events HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${bytes}\r\n\r\n`;

/** Sends a body as fast as the server reads it, until all is sent or the connection closes. */
const pour = async (socket: Socket, total: number): Promise<number> => {
  const piece = Buffer.alloc(65_536, 'x');
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.resume().write(head(total));
  let sent = 0;
  for (; sent < total && !socket.destroyed; sent += piece.length) {
    if (socket.write(piece)) continue;
    await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), closed]);
  }
  return sent;
};

it('bodies that were refused are read at 8 MiB per second, and no more than 8 MiB of each', async () => {
  const sockets = await Promise.all(Array.from({ length: 4 }, open));
  const began = performance.now();
  const sent = await Promise.all(sockets.map((socket) => pour(socket, 256 * MIB)));
  const seconds = (performance.now() - began) / 1_000;
  for (const bytes of sent) expect(bytes).toBeLessThan(SOCKET_BUFFERS);
  // 4 times 8 MiB, one after another: closing sooner would mean that they were read faster.
  expect(seconds).toBeGreaterThan((0.9 * 4 * 8 * MIB) / PER_SECOND);
});

it('a client that reads its response after sending the whole body gets it, and can use the connection again', async () => {
  const socket = await open();
  for (const bytes of [MIB, 3 * MIB, 0]) {
    await new Promise((sent) => socket.write(head(bytes) + 'x'.repeat(bytes), sent));
    const answer = socket.read() ?? (await once(socket, 'readable'), socket.read());
    expect(String(answer)).toMatch(/^HTTP\/1\.1 401 .*\{"error":"no"\}$/s);
  }
  socket.destroy();
});
