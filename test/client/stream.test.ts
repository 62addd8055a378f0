import { createServer, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { OpenStreamEvent } from '@bellwire/client';
import { createClient } from '@bellwire/client';
import { expect, test } from 'vitest';
import { portOf } from '../support/port-of.ts';
import { startReceiver } from '../support/receiver.ts';
import { ADMIN_KEY, keepForFile, startServer } from '../support/running-server.ts';
import { clientAt } from './faulty-front.ts';

const server = await keepForFile(startServer());
const receiver = await keepForFile(startReceiver());

/** A server that answers each request by the next function. */
const startScripted = async (answers: ((response: ServerResponse) => void)[]) => {
  const requests: Record<string, string | string[] | undefined>[] = [];
  const front = createServer((request, response) => {
    requests.push({ ...request.headers, url: request.url });
    answers[Math.min(requests.length, answers.length) - 1]!(response);
  });
  front.listen(0, '127.0.0.1');
  await once(front, 'listening');
  return {
    requests,
    client: createClient({ url: `http://127.0.0.1:${portOf(front)}`, api_key: 'key', retry: false }),
    [Symbol.asyncDispose]: async () => {
      front.closeAllConnections();
      front.close();
      await once(front, 'close');
    },
  };
};

const events = (text: string) => (response: ServerResponse) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(text);
};
const refusal = (status: number, code: string) => (response: ServerResponse) => {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ error: { code, message: 'refused' } }));
};

const pieces = (response: ServerResponse) => {
  events('')(response);
  const bytes = Buffer.from('id: e-1\r\nevent: hook\r\ndata: {"id":"ä€😀"}\r\n\r\n');
  for (const byte of bytes) response.write(Buffer.of(byte));
};
const html = (response: ServerResponse) => {
  response.writeHead(200, { 'content-type': 'text/html' });
  response.end('<p>');
};

const firstOf = async (stream: AsyncIterable<OpenStreamEvent>, count: number) => {
  const seen: OpenStreamEvent[] = [];
  for await (const event of stream) {
    seen.push(event);
    if (seen.length === count) break;
  }
  return seen;
};

test('the stream yields typed events of what changes', async () => {
  const client = clientAt(server.origin);
  const hook = await server.addHook(receiver.origin, { events: ['order.streamed'] });
  for await (const event of client.stream({ hook_id: hook.id })) {
    if (event.type === 'open') await client.events.send('order.streamed', {});
    if (event.type !== 'delivery') continue;
    expect(event.data.hook_id).toBe(hook.id);
    if (event.data.status === 'succeeded') break;
  }
});

test('after a cut connection, it continues after the last event', async () => {
  const cut = (response: ServerResponse) => {
    events('id: e-0\n\nid: e-1\nevent: deliveries_changed\ndata: {"reason":"held"}\n\n')(response);
    setTimeout(() => response.destroy(), 50);
  };
  await using front = await startScripted([cut, events('id: e-2\nevent: reset\ndata: {}\n\n')]);
  const seen = await firstOf(front.client.stream({ tenant: 'cus 1', last_event_id: 'e-9' }), 5);
  expect(seen.map(({ type, id }) => `${type} ${id}`)).toEqual([
    'open e-0',
    'deliveries_changed e-1',
    'lost e-1',
    'open e-2',
    'reset e-2',
  ]);
  expect(front.requests.map((headers) => headers['last-event-id'])).toEqual(['e-9', 'e-1']);
  expect(front.requests[0]).toMatchObject({ url: '/v1/stream?tenant=cus+1', authorization: 'Bearer key' });
});

test('an event that arrives in pieces is complete, with every character', async () => {
  await using front = await startScripted([pieces]);
  const [, event] = await firstOf(front.client.stream(), 2);
  expect(event).toEqual({ type: 'hook', id: 'e-1', data: { id: 'ä€😀' } });
});

test.each([
  [401, 'unauthenticated'],
  [403, 'forbidden'],
  [404, 'not_found'],
])('a refusal with %i is thrown, and not repeated', async (status, code) => {
  await using front = await startScripted([refusal(status, code)]);
  await expect(front.client.stream().next()).rejects.toMatchObject({ name: 'BellwireError', code, status });
  expect(front.requests).toHaveLength(1);
});

test('a refusal for a while is repeated', async () => {
  await using front = await startScripted([refusal(503, 'overloaded'), events('id: e-1\n\n')]);
  const seen = await firstOf(front.client.stream(), 2);
  expect(seen.map(({ type }) => type)).toEqual(['lost', 'open']);
});

test('a response that is not a stream, or not of Bellwire, is an error', async () => {
  for (const answer of [html, events('id: 1\nevent: hook\ndata: {\n\n')]) {
    await using front = await startScripted([answer]);
    await expect(firstOf(front.client.stream(), 2)).rejects.toMatchObject({ code: 'unexpected_answer' });
  }
});

test('an abort signal ends the stream with an error, also while it waits', async () => {
  const aborter = new AbortController();
  const stream = clientAt(server.origin).stream({ signal: aborter.signal });
  expect((await stream.next()).value).toMatchObject({ type: 'open' });
  const next = stream.next();
  aborter.abort();
  await expect(next).rejects.toMatchObject({ code: 'aborted' });
});

test('leaving the loop closes the connection', async () => {
  const closed = Promise.withResolvers<void>();
  const open = (response: ServerResponse) => {
    response.once('close', () => closed.resolve());
    events('id: e-1\n\n')(response);
  };
  await using front = await startScripted([open]);
  await firstOf(front.client.stream(), 1);
  await closed.promise;
});

test('a deleted key ends the stream with its refusal', async () => {
  const { body: key } = await server.api('POST /v1/api-keys', { name: 'w', scope: 'workspace' });
  const client = createClient({ url: server.origin, api_key: key.api_key });
  const ends = async () => {
    for await (const { type } of client.stream()) {
      if (type === 'open') await server.api(`DELETE /v1/api-keys/${key.id}`);
    }
  };
  await expect(ends()).rejects.toMatchObject({ code: 'unauthenticated' });
  expect(ADMIN_KEY).not.toBe(key.api_key);
}, 15_000);
