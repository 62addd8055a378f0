import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OutboundRequest, SendResult, Transport } from '../../packages/server/src/ports/transport.ts';
import { createThreadedTransport } from '../../packages/server/src/transport/threaded-transport.ts';
import { portOf } from '../support/port-of.ts';

const THREAD = new URL('../../packages/server/src/sender-thread.ts', import.meta.url);
const SETTINGS = { allow_networks: ['127.0.0.0/8'], allow_metadata: false, static_hosts: null };

let server: Server;
let url: string;
let hits = 0;

beforeEach(async () => {
  hits = 0;
  server = createServer((request, response) => {
    hits += 1;
    if (request.url === '/hang') return;
    response.end('ok');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${portOf(server)}`;
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const request = (id: string, path: string, timeout_ms = 5_000): OutboundRequest => ({
  id,
  url: path.startsWith('http') ? path : `${url}${path}`,
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: '{}',
  timeout_ms,
  insecure_ssl: false,
});

/** A threaded transport whose results can be awaited by their number. */
const open = (thread_url = THREAD, settings: unknown = SETTINGS) => {
  const results: SendResult[] = [];
  const broken: Error[] = [];
  let woken = Promise.withResolvers<void>();
  const wake = (): void => {
    woken.resolve();
    woken = Promise.withResolvers<void>();
  };
  const transport: Transport = createThreadedTransport({
    thread_url,
    settings,
    onResults: (some) => {
      results.push(...some);
      wake();
    },
    onBroken: (cause) => {
      broken.push(cause);
      wake();
    },
  });
  const until = async (reached: () => boolean): Promise<void> => {
    while (!reached()) await woken.promise;
  };
  return { transport, results, broken, until };
};

describe('a transport in a thread', () => {
  it('answers each request exactly once, as the same transport in this thread would', async () => {
    const { transport, results, until } = open();
    const ids = Array.from({ length: 200 }, (_, index) => `att_${index}`);
    transport.send(ids.map((id) => request(id, '/')));
    transport.send([request('metadata', 'http://169.254.169.254/')]);
    await until(() => results.length === 201);
    expect(results.map(({ id }) => id).toSorted()).toEqual([...ids, 'metadata'].toSorted());
    expect(results.find(({ id }) => id === 'metadata')?.outcome.kind).toBe('address_blocked');
    expect(results.filter(({ outcome }) => outcome.kind === 'succeeded')).toHaveLength(200);
    expect(results.find(({ id }) => id === 'att_7')?.response?.body).toBe('ok');
    expect(hits).toBe(200);
    await transport.close();
  });

  it('lets what is under way end before it closes', async () => {
    const { transport, results } = open();
    transport.send([request('slow', '/hang', 400)]);
    await transport.close();
    expect(results.map(({ id, outcome }) => [id, outcome.kind])).toEqual([['slow', 'timeout']]);
  });

  it('that dies ends its requests as interrupted, and another goes on', async () => {
    const dying = new URL('../support/dying-sender.ts', import.meta.url);
    const { transport, results, until } = open(dying, SETTINGS);
    transport.send([request('lost', '/hang'), request('die', '/')]);
    await until(() => results.length === 2);
    expect(results.map(({ id, outcome }) => [id, outcome.kind])).toEqual([
      ['lost', 'interrupted'],
      ['die', 'interrupted'],
    ]);
    transport.send([request('next', '/')]);
    await until(() => results.length === 3);
    expect(results[2]?.outcome.kind).toBe('succeeded');
    await transport.close();
  });

  it('that cannot start is reported, not started for ever', async () => {
    const { broken, until } = open(THREAD, { ...SETTINGS, allow_networks: ['nonsense'] });
    await until(() => broken.length > 0);
    expect(broken.map(({ message }) => message).join()).toContain('nonsense');
    expect(broken).toHaveLength(1);
  });
});
