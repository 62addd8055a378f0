import { expect, it } from 'vitest';
import { startReceiver } from '../support/receiver.ts';
import { startServer } from '../support/running-server.ts';

it('the process is alive before it is ready, ready once it has started, and can be stopped repeatedly', async () => {
  await using server = await startServer({ started: false });
  const { bellwire, api } = server;
  const statuses = async () => [
    (await api('GET /healthz', undefined, { key: null })).status,
    (await api('GET /readyz', undefined, { key: null })).status,
  ];
  expect(await statuses()).toEqual([200, 503]);
  await bellwire.start();
  expect(await statuses()).toEqual([200, 200]);
  await Promise.all([bellwire.stop(), bellwire.stop()]);
  await bellwire.stop();
  expect((await api('GET /readyz')).status).toBe(503);
});

it('a manual retry of a failed delivery carries the same webhook-id and body', async () => {
  await using server = await startServer();
  await using receiver = await startReceiver((_, nth) => ({ status: nth === 1 ? 500 : 200 }));
  await server.addHook(receiver.origin, { max_attempts: 1 });
  const event = await server.send({ data: { n: 1 } });
  const first = await receiver.next();
  const { id } = (await server.deliveries(`event_id=${event.id}`))[0]!;
  expect(await server.deliveryIn(id, 'failed')).toMatchObject({ failure_reason: 'exhausted' });
  const { status, body } = await server.api(`POST /v1/deliveries/${id}/retry`);
  expect([status, body]).toMatchObject([200, { success: true, delivery_id: id, response_status: 200 }]);
  const second = await receiver.next();
  expect([first, second].map(({ headers }) => headers['webhook-id'])).toEqual([event.id, event.id]);
  expect(second.body).toEqual(first.body);
  const { attempts } = await server.deliveryIn(id, 'succeeded');
  expect(attempts).toMatchObject([
    { number: 1, trigger: 'scheduled', outcome: 'http_status' },
    { number: 2, trigger: 'manual', outcome: 'succeeded' },
  ]);
});
