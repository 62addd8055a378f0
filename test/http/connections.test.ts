import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { listen } from '../../packages/server/src/listen.ts';
import { ADMIN_KEY, keepForFile, startServer, until } from '../support/running-server.ts';

const server = await keepForFile(startServer());

/** Everything that the server sends on a connection until it closes it. */
const read = (socket: Socket): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    socket.once('close', () => resolve(text)).once('error', reject);
  });

const open = (head: readonly string[], port = server.port): Socket => {
  const socket = connect(port, '127.0.0.1');
  socket.write([...head, '', ''].join('\r\n'));
  return socket;
};

const heads = (path: string, key = ADMIN_KEY): readonly string[] => [
  `POST ${path} HTTP/1.1`,
  'host: 127.0.0.1',
  `authorization: Bearer ${key}`,
  'content-type: application/json',
];

it('a request with two Host headers is refused', async () => {
  const head = ['GET /healthz HTTP/1.1', 'host: 127.0.0.1', 'HOST: other.example', 'connection: close'];
  const answer = await read(open(head));
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  expect(answer).toContain('"code":"ambiguous_host"');
});

it.each(['content-length: 500000', 'transfer-encoding: chunked'])(
  'a call without a valid key is refused before its body arrives (%s)',
  async (length) => {
    for (const path of ['/v1/events', '/trpc/events.send', '/trpc/events.send,events.sendBatch?batch=1']) {
      const socket = open([...heads(path, 'an-unknown-key-0815'), length]);
      const answered = new Promise<string>((resolve) => socket.once('data', (data) => resolve(String(data))));
      expect(await answered, path).toMatch(/^HTTP\/1\.1 401 /);
      socket.destroy();
    }
  },
);

it('an upload that its client aborts is a debug line, not an error', async () => {
  for (const path of ['/v1/events', '/trpc/events.send']) {
    for (const rest of [
      'content-length: 1000\r\n\r\n{"type":',
      'transfer-encoding: chunked\r\n\r\n5\r\n{"typ',
    ]) {
      const before = server.log_lines.length;
      const socket = connect(server.port, '127.0.0.1');
      socket.write(`${heads(path).join('\r\n')}\r\n${rest}`);
      await until(
        async () => (await server.api('GET /metrics')).text,
        (text) => text.length > 0,
      );
      socket.resetAndDestroy();
      const lines = await until(
        async () => server.log_lines.slice(before),
        (all) => all.length > 0,
      );
      expect(lines.map((line) => JSON.parse(line))).toEqual([
        expect.objectContaining({ level: 'debug', call: `POST ${path}` }),
      ]);
    }
  }
});

const echo = async (request: Request): Promise<Response> =>
  new Response(await request.text().catch(() => 'aborted'));

it('a request that does not arrive in time is answered with 408', async () => {
  const listening = await listen(echo, { host: '127.0.0.1', port: 0, request_timeout_ms: 200 });
  try {
    for (const head of [
      ['GET / HTTP/1.1'],
      ['POST / HTTP/1.1', 'host: localhost', 'content-length: 10', '', '{'],
    ]) {
      const socket = connect(listening.port, '127.0.0.1');
      socket.write(head.join('\r\n'));
      expect(await read(socket)).toMatch(/^HTTP\/1\.1 408 /);
    }
  } finally {
    await listening.close();
  }
});

it('a connection whose client does not read its response is closed', async () => {
  // More than the buffers of two sockets hold.
  const text = 'x'.repeat(32 * 1_048_576);
  const closed = Promise.withResolvers<void>();
  const fetch = async ({ signal }: Request): Promise<Response> => {
    signal.addEventListener('abort', () => closed.resolve());
    return new Response(text);
  };
  const listening = await listen(fetch, { host: '127.0.0.1', port: 0, request_timeout_ms: 100 });
  const socket = open(['GET / HTTP/1.1', 'host: localhost'], listening.port);
  onTestFinished(() => void socket.destroy());
  await closed.promise;
  expect((await read(socket)).length).toBeLessThan(text.length);
  await listening.close();
});

it.each(['close', 'keep-alive'])('a server that closes sends its responses completely (%s)', async (kind) => {
  const text = 'x'.repeat(32 * 1_048_576);
  const listening = await listen(() => new Response(text), { host: '127.0.0.1', port: 0 });
  const socket = open(['GET / HTTP/1.1', 'host: localhost', `connection: ${kind}`], listening.port);
  await once(socket, 'readable');
  const closed = listening.close();
  expect((await read(socket)).length).toBeGreaterThan(text.length);
  await closed;
});

it('an answer lists at most 20 issues', async () => {
  const unknown = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`field_${n}`, n]));
  const { status, body } = await server.api('POST /v1/events', { type: 'a', data: {}, ...unknown });
  expect(status).toBe(422);
  expect(body.error.issues).toHaveLength(20);
  expect(body.error.message).toMatch(/; and 480 more\.$/);
});
