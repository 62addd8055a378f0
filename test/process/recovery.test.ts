import { expect, test } from 'vitest';
import { startCountingReceiver } from '../support/counting-receiver.ts';
import { untilDrained } from '../support/deliveries.ts';
import { startServer } from '../support/server-process.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

const EVENTS = 6_000;
/** The default of `hook_concurrency`: what the hook can have received that is not yet recorded. */
const SLOTS = 8;
const SINCE = new Date(0).toISOString();

test('a recovery continues after its process was killed, and covers each delivery once', async () => {
  await using folder = await createTemporaryFolder();
  await using receiver = await startCountingReceiver();
  const fields = { url: receiver.urlOf('h'), events: ['*'], active: false };
  let hook_id = '';
  let recovery = '';
  const options = { folder: folder.path };
  {
    await using server = await startServer(options);
    hook_id = String((await server.call('POST', '/v1/webhooks', fields)).body.id);
    for (let first = 0; first < EVENTS; first += 1_000) {
      const events = Array.from({ length: 1_000 }, (_, n) => ({ type: 'a', data: { n: first + n } }));
      expect((await server.call('POST', '/v1/events/batch', { events })).status).toBe(200);
    }
    await server.call('POST', `/v1/webhooks/${hook_id}/activate`);
    const created = await server.call('POST', '/v1/recoveries', { hook_id, since: SINCE });
    recovery = String(created.body.id);
    const started = async () => {
      const { body } = await server.call('GET', `/v1/recoveries/${recovery}`);
      return body.total > 0;
    };
    await expect.poll(started, { timeout: 10_000, interval: 1 }).toBe(true);
    const { body } = await server.call('GET', `/v1/recoveries/${recovery}`);
    expect(body).toMatchObject({ status: 'running' });
    server.kill('SIGKILL');
    await server.endsWithin(10_000);
  }
  await using server = await startServer(options);
  const read = async () => (await server.call('GET', `/v1/recoveries/${recovery}`)).body;
  await expect.poll(async () => (await read()).status, { timeout: 30_000 }).toBe('completed');
  expect(await read()).toMatchObject({ total: EVENTS, counts: { held: EVENTS }, progress: 1 });
  await untilDrained(server);
  const arrived = new Set(receiver.receptions.map(({ event_id }) => event_id));
  expect(arrived.size).toBe(EVENTS);
  expect(receiver.duplicates().size).toBeLessThanOrEqual(SLOTS);
}, 120_000);
