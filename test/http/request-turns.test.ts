import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, it } from 'vitest';
import { listen } from '../../packages/server/src/http/listen.ts';
import { RequestTurns } from '../../packages/server/src/http/request-turns.ts';
import { stopParsingWhenDestroyed } from '../../packages/server/src/http/stop-parsing.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';

/** Connections with requests that are never answered. */
const openTurns = () => {
  const clock = createVirtualClock();
  const turns = new RequestTurns(clock);
  const begun: string[] = [];
  const openConnection = (name: string) => {
    const connection = { destroyed: false, destroy: () => Object.assign(connection, { destroyed: true }) };
    const request = (): void => turns.run(connection, { once: () => undefined }, () => begun.push(name));
    return { connection, request };
  };
  return { clock, begun, openConnection };
};

it('in a turn of the event loop, 64 requests begin, and those of other connections do not wait for a flood on one', async () => {
  const { clock, begun, openConnection } = openTurns();
  for (let n = 0; n < 4; n += 1) {
    const { request } = openConnection('flood');
    for (let m = 0; m < 60; m += 1) request();
  }
  openConnection('other').request();
  expect(begun).toEqual(Array.from({ length: 64 }, () => 'flood'));
  await new Promise(setImmediate);
  expect(begun).toHaveLength(128);
  expect(begun.slice(64, 70)).toContain('other');
  await clock.settle();
  expect(begun).toHaveLength(241);
});

it('a connection with more than 64 unanswered requests is lost, and those that wait do not begin', async () => {
  const { clock, begun, openConnection } = openTurns();
  const { request: fill } = openConnection('first');
  for (let n = 0; n < 64; n += 1) fill();
  const { connection, request } = openConnection('second');
  for (let n = 0; n < 64; n += 1) request();
  expect(connection.destroyed).toBe(false);
  request();
  expect(connection.destroyed).toBe(true);
  await clock.settle();
  expect(new Set(begun)).toEqual(new Set(['first']));
});

it('a client that sends thousands of requests without waiting for answers is cut off after 64', async () => {
  const clock = createVirtualClock();
  let arrived = 0;
  const fetch = async (): Promise<Response> => {
    arrived += 1;
    await new Promise(setImmediate);
    return new Response('ok');
  };
  const { port, close } = await listen(fetch, { clock, host: '127.0.0.1', port: 0, public_url: null });
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  await once(socket, 'connect');
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n'.repeat(2_000));
  await closed;
  expect(arrived).toBeLessThanOrEqual(64);
  await close();
});

it('the parser of a connection that is lost stops', async () => {
  let parsed = 0;
  const server = createServer(({ socket }) => void socket.destroy())
    .on('connection', stopParsingWhenDestroyed)
    .on(
      'connection',
      ({ parser }: { readonly parser: { onIncoming: (...request: unknown[]) => number } }) => {
        const onIncoming = parser.onIncoming.bind(parser);
        parser.onIncoming = (...request) => {
          parsed += 1;
          return onIncoming(...request);
        };
      },
    );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined);
  socket.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n'.repeat(1_000));
  await new Promise((resolve) => socket.once('close', resolve));
  server.close();
  await once(server, 'close');
  // The one that destroys the connection, and the one that stops the parser.
  expect(parsed).toBe(2);
});
