import { expect, test } from 'vitest';
import { startReceiver } from '../support/receiver.ts';
import { type ServerProcess, startServer } from '../support/server-process.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

const EXIT_MS = 20_000;
/** The interval of the breaker: longer than two starts of the server take. */
const RETRY_SCHEDULE = '0,20s,1h';

test('kill -9 while the breaker is open: the next process sends nothing before the probe, then all', async () => {
  const receiver_state = { is_well: false, requests: 0 };
  await using folder = await createTemporaryFolder();
  await using receiver = await startReceiver(() => {
    receiver_state.requests += 1;
    return { status: receiver_state.is_well ? 200 : 500 };
  });
  const env = { BELLWIRE_RETRY_SCHEDULE: RETRY_SCHEDULE };
  const send = async (server: ServerProcess, count: number): Promise<void> => {
    for (let n = 0; n < count; n += 1) {
      await server.call('POST', '/v1/events', { type: 'order.created', data: { n } });
    }
  };
  const breaker = async (server: ServerProcess) =>
    (await server.call('GET', '/v1/webhooks')).body.data[0].breaker;

  await using first = await startServer({ folder: folder.path, env });
  await first.call('POST', '/v1/webhooks', { url: receiver.origin, events: ['*'] });
  await send(first, 12);
  await expect.poll(() => breaker(first), { timeout: 10_000 }).toMatchObject({ state: 'open' });
  const before = await breaker(first);
  const { requests } = receiver_state;
  first.kill('SIGKILL');
  await first.endsWithin(EXIT_MS);

  receiver_state.is_well = true;
  await using second = await startServer({ folder: folder.path, env });
  await send(second, 5);
  expect(await breaker(second)).toEqual(before);
  const { body } = await second.call('GET', '/v1/deliveries');
  expect(Date.now(), 'the machine is too slow for this test').toBeLessThan(Date.parse(before.next_probe_at));
  expect(receiver_state.requests).toBe(requests);
  expect(body.data[0]).toMatchObject({
    status: 'pending',
    attempt_count: 0,
    waits_for: { reason: 'breaker', until: before.next_probe_at },
  });

  await expect.poll(() => breaker(second), { timeout: 40_000 }).toMatchObject({ state: 'closed' });
  expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(before.next_probe_at));
  const statuses = async (): Promise<readonly string[]> => {
    const { data } = (await second.call('GET', '/v1/deliveries?limit=100')).body;
    return data.map(({ status }: { readonly status: string }) => status);
  };
  await expect
    .poll(statuses, { timeout: 40_000, interval: 200 })
    .toEqual(Array.from({ length: 17 }, () => 'succeeded'));
}, 120_000);
