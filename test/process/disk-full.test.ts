import { rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { startCountingReceiver } from '../support/counting-receiver.ts';
import { createHooks, lostOf, untilDrained } from '../support/deliveries.ts';
import type { Acked } from '../support/event-load.ts';
import { startServer } from '../support/server-process.ts';
import { fill, mountSmallDisk, noDisk } from '../support/small-disk.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

if (noDisk !== null) console.log(`the full disk is not tested: ${noDisk}`);

const subscriptions = new Map([['h0', ['*']]]);
const PADDING = 'x'.repeat(2_000);

test.skipIf(noDisk !== null)(
  'a full disk: every refusal is a 503 with Retry-After, reads work, acknowledged events are kept, and accepts resume with free space',
  { timeout: 120_000 },
  async () => {
    await using folder = await createTemporaryFolder();
    using _ = mountSmallDisk(folder.file('disk'));
    await using receiver = await startCountingReceiver();
    await using server = await startServer({
      folder: folder.path,
      flags: ['--database-url', 'file:disk/bellwire.db'],
      env: { BELLWIRE_LOG_LEVEL: 'silent' },
    });
    await createHooks(server, receiver, subscriptions);
    const acked: Acked[] = [];
    const refused: unknown[] = [];
    let sent = 0;
    const send = async (): Promise<void> => {
      const n = (sent += 1);
      const event = { type: 'a', data: { n, padding: PADDING } };
      const { status, headers, body } = await server.call('POST', '/v1/events', event);
      if (status === 202) acked.push({ event_id: String(body.id), type: '*', n });
      else
        refused.push({ status, code: body.error.code, has_retry_after: Number(headers['retry-after']) > 0 });
    };
    const sendSome = () => Promise.all(Array.from({ length: 20 }, send));

    await sendSome();
    expect(refused).toEqual([]);
    fill(folder.file('disk/ballast'));
    for (let round = 0; round < 200 && refused.length < 200; round += 1) await sendSome();
    expect(refused.length).toBeGreaterThanOrEqual(200);
    const refusal = { status: 503, code: 'storage_failed', has_retry_after: true };
    expect(refused).toEqual(refused.map(() => refusal));

    for (const path of ['/v1/events', '/v1/deliveries', '/v1/webhooks']) {
      const { status, body } = await server.call('GET', path);
      expect([path, status, body.data.length > 0]).toEqual([path, 200, true]);
    }

    const ackedWhenFull = acked.length;
    rmSync(folder.file('disk/ballast'));
    await expect
      .poll(() => sendSome().then(() => acked.length - ackedWhenFull), { timeout: 10_000 })
      .toBeGreaterThan(20);
    await untilDrained(server);
    expect(lostOf(acked, receiver, subscriptions)).toEqual([]);
    expect([...receiver.duplicates().keys()]).toEqual([]);
    server.kill('SIGTERM');
    expect(await server.endsWithin(20_000)).toEqual({ code: 0, signal: null });
    console.log(`full disk: ${acked.length} acked, ${refused.length} refused`);
  },
);
