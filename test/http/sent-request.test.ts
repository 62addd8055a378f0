import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { portOf } from '../support/port-of.ts';
import { keepForFile, startServer, until } from '../support/running-server.ts';

const server = await keepForFile(
  startServer({ settings: { allow_networks: '127.0.0.0/8,::1/128', retry_schedule: '0,1h' } }),
);

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n';

/** Whether the bytes end with a complete request. */
const isComplete = (bytes: Buffer): boolean => {
  const end = bytes.indexOf('\r\n\r\n');
  const length = /^content-length: (\d+)/im.exec(bytes.subarray(0, end).toString('latin1'))?.[1] ?? '0';
  return end >= 0 && bytes.length >= end + 4 + Number(length);
};

/** A TCP server that keeps the bytes of each request. `answer` gets the connection of the nth request, from 1. */
const startRawReceiver = async (
  host: string,
  answer: (socket: Socket, nth: number) => unknown = (socket) => socket.write(OK),
) => {
  const requests: Buffer[] = [];
  const tcp = createServer((socket) => {
    let bytes = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      if (!isComplete(bytes)) return;
      const nth = requests.push(bytes);
      bytes = Buffer.alloc(0);
      answer(socket, nth);
    });
  });
  const sockets = new Set<Socket>();
  tcp.on('connection', (socket: Socket) => sockets.add(socket));
  tcp.listen(0, host);
  await once(tcp, 'listening');
  const name = host.includes(':') ? `[${host}]` : host;
  return {
    origin: `http://${name}:${portOf(tcp)}`,
    requests: requests as readonly Buffer[],
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      tcp.close();
      await once(tcp, 'close');
    },
  };
};

/** The request of an attempt as the API shows it, written as HTTP/1.1. */
const written = ({ method, url, headers, body }: Shown): string => {
  const { pathname, search } = new URL(url);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${pathname}${search} HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
};

interface Shown {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Sends an event to one hook and returns the request that its attempt shows. */
const shownRequest = async (hook_id: string): Promise<Shown> => {
  const { id } = await server.send({ data: { note: 'Grüße 🎉' }, hook_ids: [hook_id] });
  const [listed] = await server.deliveries(`event_id=${id}`);
  const delivery = await server.deliveryIn(listed!.id, 'succeeded');
  return delivery.attempts[0]!.request;
};

it.each([
  ['POST', {}],
  ['PUT', {}],
  ['PATCH', { content_type: 'application/x-www-form-urlencoded' }],
  ['DELETE', {}],
  ['POST', { dialect: 'github' }],
  ['DELETE', { dialect: 'activities' }],
])('an attempt shows a %s request byte for byte as it was written: %j', async (method, fields) => {
  for (const host of ['127.0.0.1', '::1']) {
    await using receiver = await startRawReceiver(host);
    const url = `${receiver.origin}/in?tenant=%C3%A4`;
    const { id } = await server.addHook(url, { method, ...fields });
    // The second request is written to the connection of the first.
    for (const nth of [0, 1]) {
      const shown = await shownRequest(id);
      expect(written(shown)).toBe(receiver.requests[nth]!.toString());
      expect(shown.headers).toMatchObject({
        host: new URL(receiver.origin).host,
        connection: 'keep-alive',
        'content-length': String(Buffer.byteLength(shown.body)),
      });
    }
  }
});

it('only the values of custom headers differ', async () => {
  await using receiver = await startRawReceiver('127.0.0.1');
  const { id } = await server.addHook(receiver.origin, { headers: { 'X-Key': 'a value' } });
  const shown = written(await shownRequest(id));
  expect(shown).toContain('X-Key: [secret]\r\n');
  expect(shown.replace('[secret]', 'a value')).toBe(receiver.requests[0]!.toString());
});

it('after a second try on a new connection, an attempt shows the request of that try', async () => {
  await using receiver = await startRawReceiver('127.0.0.1', (socket, nth) =>
    nth === 2 ? socket.destroy() : socket.write(OK),
  );
  const { id } = await server.addHook(receiver.origin);
  await shownRequest(id);
  const shown = await shownRequest(id);
  expect(receiver.requests).toHaveLength(3);
  expect(receiver.requests[1]!.toString()).toContain('connection: keep-alive');
  expect(shown.headers['connection']).toBe('close');
  expect(written(shown)).toBe(receiver.requests[2]!.toString());
});

it('an attempt that wrote no request shows none of the headers of a connection', async () => {
  const receiver = await startRawReceiver('127.0.0.1');
  await receiver[Symbol.asyncDispose]();
  const { id } = await server.addHook(receiver.origin);
  const { id: event_id } = await server.send({ hook_ids: [id] });
  const [listed] = await server.deliveries(`event_id=${event_id}`);
  const { attempts } = await until(
    () => server.deliveryIn(listed!.id, 'pending'),
    ({ attempt_count }) => attempt_count === 1,
  );
  const names = Object.keys(attempts[0]!.request.headers);
  expect(names).toContain('webhook-id');
  for (const name of ['host', 'connection', 'content-length']) expect(names).not.toContain(name);
});
