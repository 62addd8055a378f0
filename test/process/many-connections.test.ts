import { connect, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { startReceiver } from '../support/receiver.ts';
import { until } from '../support/running-server.ts';
import { startServer } from '../support/server-process.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

const FILES_MAX = 256;

const opened = (port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket));
    socket.once('error', reject);
  });

it('clients that hold more connections than the server can have open delay neither deliveries nor the calls of others', async () => {
  await using folder = await createTemporaryFolder();
  await using receiver = await startReceiver();
  await using server = await startServer({
    folder: folder.path,
    under: ['sh', '-c', `ulimit -n ${FILES_MAX}; exec "$@"`, 'sh'],
  });
  const hook = { url: receiver.origin, events: ['*'] };
  expect((await server.call('POST', '/v1/webhooks', hook)).status).toBe(201);
  const port = Number(new URL(server.url).port);
  const held: Socket[] = [];
  try {
    for (let n = 0; n < FILES_MAX * 2; n += 1) {
      const socket = await opened(port);
      socket.on('error', () => {});
      held.push(socket);
    }
    // Over a connection from before the flood.
    const sent = await server.call('POST', '/v1/events', { type: 'a', data: {} });
    expect(sent.status).toBe(202);
    await receiver.next();
    const delivery = await until(
      async () => (await server.call('GET', `/v1/deliveries?event_id=${sent.body.id}`)).body.data[0],
      ({ status }) => status !== 'sending',
    );
    expect(delivery).toMatchObject({ status: 'succeeded', attempt_count: 1 });
  } finally {
    for (const socket of held) socket.destroy();
  }
});
