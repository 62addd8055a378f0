import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { portOf } from '../support/port-of.ts';
import { startServer } from '../support/server-process.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

const KILLS = 10;
const EXIT_MS = 20_000;

/** A receiver that keeps requests open until it is told to answer. */
const startHangingReceiver = async () => {
  const open: ServerResponse[] = [];
  const receiver = { is_cured: false };
  const server = createServer((request, response) => {
    request.resume();
    if (receiver.is_cured) response.end();
    else open.push(response);
    server.emit('received');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${portOf(server)}/hook`,
    /** Resolves with the next request. */
    received: () => once(server, 'received'),
    cure: () => {
      receiver.is_cured = true;
    },
    [Symbol.asyncDispose]: async () => {
      for (const response of open) response.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};

test(`a delivery whose process is killed ${KILLS} times during its attempt is still sent`, async () => {
  await using folder = await createTemporaryFolder();
  await using receiver = await startHangingReceiver();
  let delivery_id = '';
  for (let kill = 0; kill < KILLS; kill += 1) {
    const received = receiver.received();
    await using server = await startServer({ folder: folder.path });
    if (kill === 0) {
      await server.call('POST', '/v1/webhooks', { url: receiver.url, events: ['*'] });
      await server.call('POST', '/v1/events', { type: 'order.created', data: { number: 1 } });
    }
    await received;
    const { body } = await server.call('GET', '/v1/deliveries');
    delivery_id = body.data[0].id;
    expect(body.data).toMatchObject([{ status: 'sending' }]);
    server.kill('SIGKILL');
    await server.endsWithin(EXIT_MS);
  }
  receiver.cure();
  const received = receiver.received();
  await using server = await startServer({ folder: folder.path });
  await received;
  await expect
    .poll(async () => (await server.call('GET', `/v1/deliveries/${delivery_id}`)).body)
    .toMatchObject({ status: 'succeeded', failure_reason: null, attempt_count: KILLS + 1 });
  const { body } = await server.call('GET', `/v1/deliveries/${delivery_id}`);
  const outcomes = body.attempts.map((attempt: { outcome: string }) => attempt.outcome);
  expect(outcomes).toEqual([...Array<string>(KILLS).fill('interrupted'), 'succeeded']);
  server.kill('SIGTERM');
  expect(await server.endsWithin(EXIT_MS)).toMatchObject({ code: 0 });
}, 120_000);
