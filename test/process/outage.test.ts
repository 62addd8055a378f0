import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { freePort } from '../support/programs.ts';
import { type ServerProcess, startServer } from '../support/server-process.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

// The full form is `pnpm experiment outage`.
const SECONDS = Number(process.env['OUTAGE_SECONDS'] ?? 4);
const EVENTS = Number(process.env['OUTAGE_EVENTS'] ?? 400);
const STEADY_PER_SECOND = 50;

/** A receiver of events with `data.sent_at`, which can be down: its port is then closed. */
const createReceiver = (port: number) => {
  const latencies: number[] = [];
  const events = new Set<number>();
  let last_at = 0;
  let server: Server | null = null;
  return {
    url: `http://127.0.0.1:${port}/`,
    latencies,
    events,
    /** When the latest new event arrived. */
    lastAt: () => last_at,
    up: async () => {
      server = createServer((request, response) => {
        const chunks: Buffer[] = [];
        request.on('data', (chunk: Buffer) => chunks.push(chunk));
        request.on('end', () => {
          const body = JSON.parse(Buffer.concat(chunks).toString()) as {
            readonly data: { readonly sent_at: number; readonly n: number };
          };
          latencies.push(performance.now() - body.data.sent_at);
          if (!events.has(body.data.n)) last_at = performance.now();
          events.add(body.data.n);
          response.end();
        });
      }).listen(port, '127.0.0.1');
      await once(server, 'listening');
    },
    down: async () => {
      server?.closeAllConnections();
      server?.close();
      if (server !== null) await once(server, 'close');
      server = null;
    },
  };
};

const quantile = (values: readonly number[], part: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * part)] ?? 0;

/** Sends events of a type at a steady rate for some seconds. */
const sendSteadily = async (
  server: ServerProcess,
  type: string,
  { per_second, seconds }: { readonly per_second: number; readonly seconds: number },
): Promise<void> => {
  const start = performance.now();
  const sent: Promise<unknown>[] = [];
  for (let n = 0; n < per_second * seconds; n += 1) {
    const wait = start + (n * 1_000) / per_second - performance.now();
    if (wait > 0) await delay(wait);
    const event = { type, data: { sent_at: performance.now(), n } };
    sent.push(server.call('POST', '/v1/events', event));
  }
  await Promise.all(sent);
};

it(
  `an outage of ${SECONDS} s with ${EVENTS} events is recovered in full, while another hook gets its events as before`,
  async () => {
    await using folder = await createTemporaryFolder();
    await using server = await startServer({ folder: folder.path });
    const failing = createReceiver(await freePort());
    const steady = createReceiver(await freePort());
    const ids = new Map<string, string>();
    for (const [type, { url }] of [
      ['failing', failing],
      ['steady', steady],
    ] as const) {
      ids.set(type, String((await server.call('POST', '/v1/webhooks', { url, events: [type] })).body.id));
    }
    await steady.up();
    const since = new Date().toISOString();
    const load = { per_second: STEADY_PER_SECOND, seconds: SECONDS };
    await sendSteadily(server, 'steady', load);
    const control = steady.latencies.splice(0);
    await Promise.all([
      sendSteadily(server, 'steady', load),
      sendSteadily(server, 'failing', { per_second: EVENTS / SECONDS, seconds: SECONDS }),
    ]);
    const during = steady.latencies.splice(0);
    await failing.up();
    const hook_id = ids.get('failing');
    const { body } = await server.call('POST', '/v1/recoveries', { hook_id, since });
    const started = performance.now();
    await sendSteadily(server, 'steady', load);
    const after = steady.latencies.splice(0);
    await expect.poll(() => failing.events.size, { timeout: 60_000 }).toBe(EVENTS);
    const recovered_ms = failing.lastAt() - started;
    const job = await server.call('GET', `/v1/recoveries/${body.id}`);
    expect(job.body).toMatchObject({ status: 'completed' });
    const [p99, ...others] = [control, during, after].map((latencies) => quantile(latencies, 0.99));
    process.stdout.write(
      `outage: p99 of the other hook ${p99?.toFixed(1)} ms before, ${others.map((ms) => ms.toFixed(1)).join(' ms during, ')} ms after; ${job.body.total} recovered, all received after ${recovered_ms.toFixed(0)} ms\n`,
    );
    await Promise.all([failing.down(), steady.down()]);
  },
  SECONDS * 8_000 + 90_000,
);
