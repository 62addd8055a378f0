import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import type { Owner } from '../../packages/server/src/core/owner.ts';
import { Admission } from '../../packages/server/src/http/admission.ts';
import { listen } from '../../packages/server/src/http/listen.ts';
import { LoopShare } from '../../packages/server/src/http/loop-share.ts';
import { ADMIN_KEY, keepForFile, startServer } from '../support/running-server.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';

// More than the buffers of two sockets hold without being read.
const LARGE = 'x'.repeat(32 * 1_048_576);

const hasBecome = async (now: () => number, count: number): Promise<void> => {
  await expect.poll(now, { timeout: 10_000, interval: 5 }).toBe(count);
};

/** A listener that answers reads of an owner named in the path with what `text` returns. */
const openServer = async (answer: () => string) => {
  const clock = createVirtualClock();
  const admission = new Admission(clock, new LoopShare(clock));
  const started: string[] = [];
  let arrived = 0;
  const fetch = async (request: Request): Promise<Response> => {
    arrived += 1;
    const [, tenant = ''] = new URL(request.url).pathname.split('/');
    const owner: Owner = ['ws_one', tenant];
    const call = async (): Promise<Response> => {
      started.push(tenant);
      return new Response(answer());
    };
    const work = { owner, bytes: 0, receive: async () => undefined, call, is_read: true };
    return admission.runLarge(request, work).catch(() => new Response('refused', { status: 503 }));
  };
  const { port, close } = await listen(fetch, { clock, host: '127.0.0.1', port: 0, public_url: null });
  const sockets: Socket[] = [];
  return {
    clock,
    started,
    /** Sends requests on a connection of their own, whose answers are not read. */
    ask: async (tenant: string, count = 1): Promise<Socket> => {
      const socket = connect(port, '127.0.0.1').on('error', () => undefined);
      sockets.push(socket);
      await once(socket, 'connect');
      const last = (n: number): string => (n === count - 1 ? 'connection: close\r\n' : '');
      const requests = Array.from(
        { length: count },
        (_, n) => `GET /${tenant} HTTP/1.1\r\nhost: localhost\r\n${last(n)}\r\n`,
      );
      socket.write(requests.join(''));
      return socket;
    },
    /** Resolves when that many calls have started. */
    hasStarted: (count: number) => hasBecome(() => started.length, count),
    /** Resolves when that many requests have arrived. */
    hasReceived: (count: number) => hasBecome(() => arrived, count),
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await close();
    },
  };
};

it('the answers of four reads of an owner wait for their clients; further reads begin when those are read', async () => {
  await using server = await openServer(() => LARGE);
  const [first] = await Promise.all(Array.from({ length: 4 }, () => server.ask('a')));
  await server.hasStarted(4);
  await Promise.all(Array.from({ length: 6 }, () => server.ask('a')));
  await server.hasReceived(10);
  const other = await server.ask('b');
  await server.hasStarted(5);
  expect(server.started.at(-1)).toBe('b');
  expect(await text(other)).toContain(LARGE);
  expect(server.started).toHaveLength(5);
  expect(await text(first!)).toContain(LARGE);
  await server.hasStarted(6);
});

it('the same holds for requests that share a connection', async () => {
  await using server = await openServer(() => LARGE);
  const socket = await server.ask('a', 8);
  await server.hasStarted(4);
  expect((await text(socket)).match(/HTTP\/1\.1 200/g)).toHaveLength(8);
});

it('a client that does not read its answer for a minute loses its connection, and the next read begins', async () => {
  await using server = await openServer(() => LARGE);
  const sockets = await Promise.all(Array.from({ length: 4 }, () => server.ask('a')));
  await server.hasStarted(4);
  await server.ask('a');
  await server.hasReceived(5);
  await server.clock.advance(59_999);
  expect(server.started).toHaveLength(4);
  await server.clock.advance(1);
  await server.hasStarted(5);
  for (const socket of sockets) expect((await text(socket)).length).toBeLessThan(LARGE.length);
});

it('reads of clients that have left make no others wait, and do not begin', async () => {
  await using server = await openServer(() => LARGE);
  const sockets = await Promise.all(Array.from({ length: 4 }, () => server.ask('a')));
  await server.hasStarted(4);
  sockets.push(...(await Promise.all(Array.from({ length: 5 }, () => server.ask('a')))));
  await server.hasReceived(9);
  for (const socket of sockets.toReversed()) socket.destroy();
  await text(await server.ask('a'));
  expect(server.started).toHaveLength(5);
});

it('beyond 4,096 waiting reads of an owner, further ones are refused', async () => {
  await using server = await openServer(() => LARGE);
  const sockets = await Promise.all(Array.from({ length: 4 }, () => server.ask('a')));
  await server.hasStarted(4);
  sockets.push(...(await Promise.all(Array.from({ length: 64 }, () => server.ask('a', 64)))));
  await server.hasReceived(4_100);
  expect(await text(await server.ask('a'))).toContain('HTTP/1.1 503');
  for (const socket of sockets) socket.destroy();
});

it('small answers fit the buffers of the system, and do not wait to be read', async () => {
  await using server = await openServer(() => 'small');
  await Promise.all(Array.from({ length: 50 }, () => server.ask('a')));
  await server.hasStarted(50);
});

const running = await keepForFile(startServer());

it('while pages are not read, further lists and batches wait, and calls with small answers do not', async () => {
  const data = { text: 'x'.repeat(850_000) };
  for (let n = 0; n < 5; n += 1) await running.send({ data });
  const socket = connect(running.port, '127.0.0.1').on('error', () => undefined);
  const page = `GET /v1/events?include=data&limit=100 HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${ADMIN_KEY}\r\n\r\n`;
  onTestFinished(() => void socket.destroy());
  // The first ones fit the buffers of the sockets.
  socket.write(page.repeat(12));
  const waits = (): Promise<boolean> =>
    Promise.race([running.api('GET /v1/webhooks').then(() => false), wait(250, true)]);
  await expect.poll(waits, { timeout: 10_000 }).toBe(true);
  const events = [{ type: 'order.created', data: {} }];
  const batches = Promise.all([
    running.api('POST /v1/events/batch', { events }),
    running.api('POST /trpc/events.sendBatch', { events }),
  ]);
  await running.send();
  expect(await Promise.race([batches, wait(250, 'waits')])).toBe('waits');
  expect((await running.api('GET /v1/system')).status).toBe(200);
  expect((await running.api('GET /trpc/system.get?input=%7B%7D')).status).toBe(200);
  socket.destroy();
  for (const { status } of await batches) expect(status).toBe(200);
});

it('a thousand reads at once are all answered', async () => {
  const reads = Array.from({ length: 1_000 }, () => running.api('GET /v1/webhooks'));
  const statuses = (await Promise.all(reads)).map(({ status }) => status);
  expect(new Set(statuses)).toEqual(new Set([200]));
});
