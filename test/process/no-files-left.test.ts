import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { portOf } from '../support/port-of.ts';
import { samplesOf } from '../support/prometheus.ts';
import { startServer } from '../support/server-process.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

const FILES_MAX = 128;

/** Answers on `/healthy`, and keeps every other request waiting until `release`. */
const startReceiver = async () => {
  const waiting: ServerResponse[] = [];
  let is_released = false;
  let healthy = 0;
  const server = createServer((request, response) => {
    request.resume();
    // Otherwise the sender would keep the files of idle connections.
    response.setHeader('connection', 'close');
    if (request.url === '/healthy') healthy += 1;
    if (request.url === '/healthy' || is_released) response.end();
    else waiting.push(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${portOf(server)}`,
    healthy: () => healthy,
    waiting: () => waiting.length,
    release: () => {
      is_released = true;
      for (const response of waiting) response.end();
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};

it('a server without free file descriptors counts no failure of any hook, says so, and sends everything once it has some', async () => {
  await using folder = await createTemporaryFolder();
  await using receiver = await startReceiver();
  await using server = await startServer({
    folder: folder.path,
    under: ['sh', '-c', `ulimit -n ${FILES_MAX}; exec "$@"`, 'sh'],
    env: { BELLWIRE_HOOK_CONCURRENCY: '200' },
  });
  const addHook = async (path: string, type: string): Promise<string> => {
    const url = `${receiver.origin}${path}`;
    const { body } = await server.call('POST', '/v1/webhooks', { url, events: [type], timeout_ms: 20_000 });
    return body.id;
  };
  const hooks = [await addHook('/slow', 'slow'), await addHook('/healthy', 'quick')];
  const findInterrupted = async () => {
    const { body } = await server.call('GET', `/v1/webhooks/${hooks[0]}/deliveries?limit=200`);
    return body.data.find((one: { readonly last_outcome: string }) => one.last_outcome === 'interrupted');
  };
  // Lists open the database in another thread, which needs files of its own.
  await findInterrupted();
  const events = Array.from({ length: 150 }, () => ({ type: 'slow', data: {} }));
  await server.call('POST', '/v1/events/batch', { events });
  let interrupted = await findInterrupted();
  for (; interrupted === undefined; interrupted = await findInterrupted()) await delay(50);
  expect(interrupted.last_error).toBe('This server has too many open files (EMFILE).');
  expect(receiver.waiting()).toBeLessThan(FILES_MAX);
  const quick = Array.from({ length: 20 }, () => ({ type: 'quick', data: {} }));
  await server.call('POST', '/v1/events/batch', { events: quick });
  receiver.release();
  await server.says(/this server could not carry out an attempt/, 'stderr');
  for (;;) {
    const { body } = await server.call('GET', '/v1/deliveries?limit=200');
    if (body.data.every((one: { readonly status: string }) => one.status === 'succeeded')) break;
    await delay(100);
  }
  expect(receiver.healthy()).toBe(quick.length);
  const metrics = samplesOf(await (await fetch(`${server.url}/metrics`)).text());
  expect(metrics['bellwire_server_faults_total{kind="EMFILE"}']).toBeGreaterThan(1);
  for (const id of hooks) {
    const { body } = await server.call('GET', `/v1/webhooks/${id}`);
    expect(body).toMatchObject({ status: 'active', consecutive_failures: 0, last_failure: null });
    const failed = await server.call('GET', `/v1/webhooks/${id}/deliveries?status=failed`);
    expect(failed.body.data).toEqual([]);
  }
}, 60_000);
