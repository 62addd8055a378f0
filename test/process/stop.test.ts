import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { startCountingReceiver } from '../support/counting-receiver.ts';
import { createHooks, lostOf, overlappingHooks, typesOf, untilDrained } from '../support/deliveries.ts';
import { startEventLoad } from '../support/event-load.ts';
import { startFaultyReceiver } from '../support/faulty-receiver.ts';
import { processesIn } from '../support/processes-in.ts';
import { neverReplies } from '../support/receiver-behaviours.ts';
import { createSeededRandom } from '../support/seeded-random.ts';
import { ADMIN_KEY, type ServerProcess, startServer } from '../support/server-process.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

// The full form is `pnpm experiment S1`.
const ROUNDS = Number(process.env['STOP_ROUNDS'] ?? 2);
const SEED = Number(process.env['STOP_SEED'] ?? Date.now() % 100_000);
const TIMEOUT_MS = 1_000;
/** Added to the timeout of an attempt: for clients in the middle of a request, and to record everything. */
const MARGIN_MS = 1_000;
/** Where no shorter time is guaranteed. */
const EXIT_MS = 10_000;

const subscriptions = overlappingHooks(10);
const env = { BELLWIRE_ATTEMPT_TIMEOUT: `${TIMEOUT_MS}ms` };

/** Sends SIGTERM; resolves with the exit and its duration. */
const stop = async (server: ServerProcess) => {
  const start = performance.now();
  server.kill('SIGTERM');
  return { ...(await server.endsWithin(EXIT_MS)), took_ms: performance.now() - start };
};

const dial = async (url: string): Promise<Socket> => {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  socket.on('error', () => undefined);
  return socket;
};

const isRefused = async (url: string): Promise<boolean> => {
  try {
    (await dial(url)).destroy();
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED';
  }
};

test(
  `SIGTERM under load, ${ROUNDS} times: exit code 0 in time, no acknowledged event lost or duplicated`,
  { timeout: 180_000 + ROUNDS * 8_000 },
  async () => {
    await using folder = await createTemporaryFolder();
    const { roll } = createSeededRandom(SEED);
    await using receiver = await startCountingReceiver(() => ({ status: 200, delay_ms: roll() * 40 }));
    let server: ServerProcess | null = null;
    await using load = startEventLoad({
      url: () => server?.url ?? null,
      per_second: 500,
      types: typesOf(subscriptions),
    });
    const exits = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      await using running = await startServer({ folder: folder.path, env });
      if (round === 0) await createHooks(running, receiver, subscriptions);
      server = running;
      const acked = load.acked.length;
      const enough = acked + 50 + roll() * 400;
      await expect.poll(() => load.acked.length, { interval: 5, timeout: 10_000 }).toBeGreaterThan(enough);
      // The clients continue to send, on open connections and on new ones.
      exits.push({ ...(await stop(running)), stderr: running.stderr() });
      server = null;
    }
    await load.stop();
    await using last = await startServer({ folder: folder.path, env });
    await untilDrained(last);

    const lost = lostOf(load.acked, receiver, subscriptions);
    const duplicates = [...receiver.duplicates().keys()];
    const slowest = Math.max(...exits.map(({ took_ms }) => took_ms));
    console.log(
      `SIGTERM: seed ${SEED}, ${ROUNDS} rounds, ${load.acked.length} acked, ${lost.length} lost, ${duplicates.length} duplicates, ` +
        `slowest stop ${Math.round(slowest)} ms, refused: ${JSON.stringify([...load.refusals])}`,
    );
    expect(load.acked.length).toBeGreaterThan(ROUNDS * 20);
    expect(exits.map(({ code, signal, stderr }) => ({ code, signal, stderr }))).toEqual(
      exits.map(() => ({ code: 0, signal: null, stderr: '' })),
    );
    expect(slowest).toBeLessThan(TIMEOUT_MS + MARGIN_MS);
    expect(lost).toEqual([]);
    expect(duplicates).toEqual([]);
    expect((await stop(last)).code).toBe(0);
    expect(processesIn(folder.path)).toEqual([]);
  },
);

test('SIGTERM with receivers that hang: exit code 0 within the timeout, and their attempts are recorded as timed out', async () => {
  await using folder = await createTemporaryFolder();
  await using receiver = await startFaultyReceiver({ '/hangs': neverReplies });
  await using server = await startServer({ folder: folder.path, env });
  for (const events of [['a'], ['b'], ['*']]) {
    await server.call('POST', '/v1/webhooks', { url: `${receiver.origin}/hangs`, events });
  }
  for (const type of ['a', 'b', 'a', 'b']) await server.call('POST', '/v1/events', { type, data: {} });
  expect((await server.call('GET', '/v1/deliveries?status=sending')).body.data).toHaveLength(8);
  const { code, took_ms } = await stop(server);
  expect(code).toBe(0);
  expect(took_ms).toBeLessThan(TIMEOUT_MS + MARGIN_MS);

  await using again = await startServer({ folder: folder.path, env });
  const { body } = await again.call('GET', '/v1/deliveries');
  expect(body.data).toHaveLength(8);
  for (const { id } of body.data) {
    const { body: delivery } = await again.call('GET', `/v1/deliveries/${id}`);
    expect(delivery.attempts.map(({ outcome }: { outcome: string }) => outcome)).toEqual(['timeout']);
  }
});

test('a stopping server accepts no connection, and a second SIGTERM ends it at once with exit code 1', async () => {
  await using folder = await createTemporaryFolder();
  await using receiver = await startFaultyReceiver({ '/hangs': neverReplies });
  await using server = await startServer({ folder: folder.path, env: { BELLWIRE_ATTEMPT_TIMEOUT: '20s' } });
  await server.call('POST', '/v1/webhooks', { url: `${receiver.origin}/hangs`, events: ['*'] });
  await server.call('POST', '/v1/events', { type: 'a', data: {} });
  await expect.poll(() => receiver.requests.length, { interval: 5 }).toBe(1);
  server.kill('SIGTERM');
  await expect.poll(() => isRefused(server.url), { interval: 10, timeout: 2_000 }).toBe(true);
  // It still waits for the attempt.
  expect(() => process.kill(server.pid, 0)).not.toThrow();
  const { code, took_ms } = await stop(server);
  expect(code).toBe(1);
  expect(took_ms).toBeLessThan(500);
});

test('clients in the middle of a request cannot delay a stop', async () => {
  await using folder = await createTemporaryFolder();
  await using server = await startServer({ folder: folder.path, env });
  const head = `POST /v1/events HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nauthorization: Bearer ${ADMIN_KEY}\r\ncontent-length: 100\r\n\r\n`;
  const sockets: Socket[] = [];
  for (const text of ['', 'POST /v1/ev', `${head}{`]) {
    const socket = await dial(server.url);
    await new Promise<void>((resolve) => void socket.write(text, () => resolve()));
    sockets.push(socket);
  }
  // The server has read all this once it answers a later request on another connection.
  expect((await server.call('GET', '/v1/events')).status).toBe(200);
  const { code, took_ms } = await stop(server);
  for (const socket of sockets) socket.destroy();
  expect(code).toBe(0);
  expect(took_ms).toBeLessThan(TIMEOUT_MS + MARGIN_MS);
});
