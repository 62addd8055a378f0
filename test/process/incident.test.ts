import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { expect, it } from 'vitest';
import { freePort } from '../support/programs.ts';
import { samplesOf } from '../support/prometheus.ts';
import { type ServerProcess, startServer } from '../support/server-process.ts';
import { fill, mountSmallDisk, noDisk, SMALL_DISK_BYTES } from '../support/small-disk.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

if (noDisk !== null) console.log(`the incident of a full disk is not tested: ${noDisk}`);

interface Received {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A receiver on one port, which can be down: its port is then closed. */
const createReceiver = (port: number) => {
  const received: Received[] = [];
  let server: Server | null = null;
  const down = async (): Promise<void> => {
    server?.closeAllConnections();
    server?.close();
    if (server !== null) await once(server, 'close');
    server = null;
  };
  return {
    url: `http://127.0.0.1:${port}/`,
    received: received as readonly Received[],
    up: async () => {
      server = createServer((request, response) => {
        const chunks: Buffer[] = [];
        request.on('data', (chunk: Buffer) => chunks.push(chunk));
        request.on('end', () => {
          received.push(JSON.parse(Buffer.concat(chunks).toString()) as Received);
          response.end();
        });
      }).listen(port, '127.0.0.1');
      await once(server, 'listening');
    },
    down,
    [Symbol.asyncDispose]: down,
  };
};

/** The log, the metrics and the notices, as an operator reads them. */
const operatorOf = async (server: ServerProcess, notices: ReturnType<typeof createReceiver>) => {
  const hook = { url: notices.url, events: ['bellwire.*'], name: 'operators' };
  expect((await server.call('POST', '/v1/webhooks', hook)).status).toBe(201);
  const metricsText = async () => (await fetch(`${server.url}/metrics`)).text();
  return {
    /** The lines of the log that are about a hook, or all. */
    log: (hook_id?: string) =>
      server
        .stderr()
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>)
        .filter((line) => hook_id === undefined || line['hook_id'] === hook_id)
        .map(({ level, msg }) => `${String(level)}: ${String(msg)}`),
    metric: async (series: string) => samplesOf(await metricsText())[series] ?? 0,
    notices: () => notices.received,
  };
};

const patiently = { timeout: 60_000 };

it('a receiver dies and comes back: log, metrics and notices tell when, what and why, and that it is over', async () => {
  await using folder = await createTemporaryFolder();
  await using notices = createReceiver(await freePort());
  await using receiver = createReceiver(await freePort());
  await Promise.all([notices.up(), receiver.up()]);
  await using server = await startServer({
    folder: folder.path,
    flags: ['--retry-schedule', '0,100ms,100ms'],
    env: { BELLWIRE_LOG_LEVEL: 'info' },
  });
  const operator = await operatorOf(server, notices);
  const hook = { url: receiver.url, events: ['order.*'], name: 'Accounting', dialect: 'resource-api' };
  const hook_id = String((await server.call('POST', '/v1/webhooks', hook)).body.id);
  const send = async (type: string): Promise<string> =>
    String((await server.call('POST', '/v1/events', { type, data: { card: 'not-for-operators' } })).body.id);

  await send('order.created');
  await expect.poll(() => receiver.received.length, patiently).toBe(1);
  expect(operator.log(hook_id)).toEqual([]);

  await receiver.down();
  const event_id = await send('order.paid');
  await expect.poll(() => operator.notices().length, patiently).toBe(3);
  await expect
    .poll(() => operator.log(hook_id), patiently)
    .toEqual([
      'warn: an attempt failed',
      'warn: a hook is failing',
      'warn: an attempt failed',
      'warn: an attempt failed',
      'warn: disabled a hook',
    ]);
  const about = { hook_id, hook_name: 'Accounting', tenant: null };
  const refused = { last_outcome: 'connection_failed', last_status: null };
  const [first, ...others] = operator.notices();
  expect(first).toMatchObject({ type: 'bellwire.hook.failing', data: { ...about, ...refused } });
  expect(others.toSorted((a, b) => a.type.localeCompare(b.type))).toMatchObject([
    {
      type: 'bellwire.delivery.failed',
      data: {
        ...about,
        ...refused,
        event_id,
        event_type: 'order.paid',
        failure_reason: 'exhausted',
        attempts: 3,
      },
    },
    { type: 'bellwire.hook.disabled', data: { ...about, ...refused, reason: 'attempts_exhausted' } },
  ]);
  const attempts = 'bellwire_attempts_total{workspace="ws_default",outcome="connection_failed"}';
  expect(await operator.metric(attempts)).toBe(3);

  await send('order.shipped');
  expect(await operator.metric('bellwire_deliveries_open{status="held"}')).toBe(1);

  await receiver.up();
  const activated = await server.call('POST', `/v1/webhooks/${hook_id}/activate`, { recover: true });
  expect(activated.body).toMatchObject({ status: 'active', held: 1 });
  await expect.poll(() => receiver.received.length, patiently).toBe(2);
  await expect.poll(() => operator.notices().length, patiently).toBe(4);
  await expect.poll(() => operator.log(hook_id).at(-1), patiently).toBe('info: activated a hook');
  expect(operator.notices().at(-1)).toMatchObject({
    type: 'bellwire.hook.enabled',
    data: { ...about, disabled_reason: 'attempts_exhausted' },
  });
  await expect.poll(() => operator.metric('bellwire_deliveries_open{status="held"}'), patiently).toBe(0);

  await receiver.down();
  await send('order.returned');
  await expect.poll(() => operator.log(hook_id).at(-1), patiently).toBe('warn: disabled a hook');
  await expect.poll(() => operator.notices().length, patiently).toBe(6);
  const secret_or_data = /not-for-operators|whsec|127\.0\.0\.1/;
  expect(JSON.stringify(operator.notices())).not.toMatch(secret_or_data);
}, 240_000);

it.skipIf(noDisk !== null)(
  'a disk fills: the notice arrives while there is space for it, then log and metrics show the refusals, and their end',
  async () => {
    await using folder = await createTemporaryFolder();
    using _ = mountSmallDisk(folder.file('disk'));
    await using notices = createReceiver(await freePort());
    await notices.up();
    await using server = await startServer({
      folder: folder.path,
      flags: ['--database-url', 'file:disk/bellwire.db'],
      env: { BELLWIRE_LOG_LEVEL: 'info' },
    });
    const operator = await operatorOf(server, notices);
    const send = async (): Promise<number> =>
      (await server.call('POST', '/v1/events', { type: 'a', data: { padding: 'x'.repeat(20_000) } })).status;
    expect(await send()).toBe(202);
    await expect.poll(() => operator.log(), patiently).toEqual(['info: started']);

    const ballast = folder.file('disk/ballast');
    // Far from both limits: checkpoints free and need about 1 MB.
    fill(ballast, SMALL_DISK_BYTES / 20);
    await expect.poll(() => operator.notices().length, patiently).toBe(1);
    const [notice] = operator.notices();
    expect(notice).toMatchObject({
      type: 'bellwire.disk.low',
      data: { total_bytes: SMALL_DISK_BYTES, threshold_bytes: Math.floor(SMALL_DISK_BYTES / 10) },
    });
    expect(Number(notice!.data['free_bytes'])).toBeLessThan(SMALL_DISK_BYTES / 10);
    await expect.poll(() => operator.log().at(-1), patiently).toBe('warn: the disk is almost full');
    expect(await operator.metric('bellwire_disk_free_bytes')).toBeLessThan(SMALL_DISK_BYTES / 10);

    fill(ballast);
    await expect.poll(send, { timeout: 60_000, interval: 5 }).toBe(503);
    await expect
      .poll(() => operator.log(), patiently)
      .toContain('error: a commit failed; answered its accepts with an error');
    const refusals =
      'bellwire_http_request_duration_seconds_count{method="POST",route="/v1/events",status="5xx"}';
    expect(await operator.metric(refusals)).toBeGreaterThan(0);

    rmSync(ballast);
    await expect.poll(send, patiently).toBe(202);
    await expect
      .poll(() => operator.log(), patiently)
      .toContain('info: the disk has enough free space again');
    expect(operator.notices().map(({ type }) => type)).toEqual(['bellwire.disk.low']);
  },
  240_000,
);
