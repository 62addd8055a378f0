import { expect, test } from 'vitest';
import { startReceiver } from '../support/receiver.ts';
import { startServer } from '../support/server-process.ts';
import { storage } from '../support/storage.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

/** One more than the deaths after which a delivery that kills the sender thread is quarantined. */
const KILLS = 5;
const EXIT_MS = 20_000;
/** On PostgreSQL, each takeover waits 12 seconds. */
const TIMEOUT_MS = storage === 'SQLite' ? 60_000 : 120_000;

test(
  `a delivery whose process is killed ${KILLS} times during its attempt is still sent`,
  async () => {
    let hangs = true;
    await using folder = await createTemporaryFolder();
    await using receiver = await startReceiver(() => (hangs ? new Promise(() => {}) : {}));
    for (let kill = 0; kill < KILLS; kill += 1) {
      await using server = await startServer({ folder: folder.path });
      if (kill === 0) {
        await server.call('POST', '/v1/webhooks', { url: receiver.origin, events: ['*'] });
        await server.call('POST', '/v1/events', { type: 'order.created', data: { number: 1 } });
      }
      await receiver.next();
      const { body } = await server.call('GET', '/v1/deliveries');
      expect(body.data).toMatchObject([{ status: 'sending' }]);
      server.kill('SIGKILL');
      await server.endsWithin(EXIT_MS);
    }
    hangs = false;
    await using server = await startServer({ folder: folder.path });
    await receiver.next();
    const [{ id }] = (await server.call('GET', '/v1/deliveries')).body.data;
    const delivery = async () => (await server.call('GET', `/v1/deliveries/${id}`)).body;
    const succeeded = { status: 'succeeded', failure_reason: null, attempt_count: KILLS + 1 };
    await expect.poll(delivery).toMatchObject(succeeded);
    const outcomes = (await delivery()).attempts.map((attempt: { outcome: string }) => attempt.outcome);
    expect(outcomes).toEqual([...Array<string>(KILLS).fill('interrupted'), 'succeeded']);
    server.kill('SIGTERM');
    expect(await server.endsWithin(EXIT_MS)).toMatchObject({ code: 0 });
  },
  TIMEOUT_MS,
);
