import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { answers, startDnsServer } from '../support/dns-server.ts';
import { quantile } from '../support/quantile.ts';
import { startReceiver } from '../support/receiver.ts';
import { type ServerProcess, startServer } from '../support/server-process.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

// The full form is `pnpm experiment I3`.
const SECONDS = Number(process.env['SILENT_SECONDS'] ?? 4);
/** Other tests can be running beside the short form. */
const IS_FULL = process.env['SILENT_SECONDS'] !== undefined;
const SILENT = 100;
const HEALTHY = 10;
const PER_SECOND = 40;

const names = (count: number, zone: string): readonly string[] =>
  Array.from({ length: count }, (_, n) => `h${n}.${zone}`);

const send = (server: ServerProcess, type: string, sent_at = performance.now()) =>
  server.call('POST', '/v1/events', { type, data: { sent_at } });

/** Sends at a steady rate for a while: one event to a healthy hook, and two to hooks of the other zone. */
const sendFor = async (server: ServerProcess): Promise<void> => {
  const start = performance.now();
  const sent: Promise<unknown>[] = [];
  for (let n = 0; n < SECONDS * PER_SECOND; n += 1) {
    const early = start + (n * 1_000) / PER_SECOND - performance.now();
    if (early > 0) await delay(early);
    sent.push(send(server, `healthy.${n % HEALTHY}`));
    for (const k of [2 * n, 2 * n + 1]) sent.push(send(server, `other.${k % SILENT}`));
  }
  await Promise.all(sent);
};

it(
  `${SILENT} hooks in a zone whose name servers are silent delay neither the deliveries nor the lookups of others`,
  // A busy machine can disturb a measurement of time, which is then repeated.
  { retry: 3, timeout: 60_000 + SECONDS * 4_000 },
  async () => {
    await using folder = await createTemporaryFolder();
    const here = answers(['127.0.0.1']);
    const zone = { is_silent: false };
    await using dns = await startDnsServer(
      Object.fromEntries([
        ...names(HEALTHY, 'healthy.example.net').map((name) => [name, here]),
        ...names(SILENT, 'other.example.com').map((name) => [
          name,
          (...question: Parameters<typeof here>) => (zone.is_silent ? 'hang' : here(...question)),
        ]),
      ]),
    );
    const waits: number[] = [];
    // Closes each connection, so that each attempt needs a lookup.
    await using receiver = await startReceiver(({ path, body }) => {
      const { data } = JSON.parse(body.toString()) as { readonly data: { readonly sent_at: number } };
      if (path === '/healthy') waits.push(performance.now() - data.sent_at);
      return { headers: { connection: 'close' } };
    });
    const { port } = new URL(receiver.origin);
    const preload = fileURLToPath(new URL('../support/own-dns.ts', import.meta.url));
    await using server = await startServer({
      folder: folder.path,
      env: { NODE_OPTIONS: `--import=${preload}`, DNS_SERVER_OF_TEST: dns.address },
    });
    const addHook = async (url: string, type: string): Promise<void> => {
      const hook = { url, events: [type], timeout_ms: 1_500 };
      expect((await server.call('POST', '/v1/webhooks', hook)).status).toBe(201);
    };
    for (const [n, name] of names(HEALTHY, 'healthy.example.net').entries())
      await addHook(`http://${name}:${port}/healthy`, `healthy.${n}`);
    for (const [n, name] of names(SILENT, 'other.example.com').entries())
      await addHook(`http://${name}:${port}/other`, `other.${n}`);
    // The first delivery starts the thread that sends.
    await send(server, 'healthy.0');
    await expect.poll(() => waits.splice(0).length, { timeout: 10_000 }).toBe(1);
    const p99 = async (): Promise<number> => {
      await sendFor(server);
      await expect.poll(() => waits.length, { timeout: 10_000 }).toBe(SECONDS * PER_SECOND);
      return quantile(waits.splice(0), 0.99);
    };
    /** Attempts at the other zone that ended without an answer to their lookup. */
    const unresolved = async (): Promise<number> => {
      const { body } = await server.call('GET', '/v1/deliveries?status=pending&limit=1000');
      return body.data.filter(({ last_outcome }: { last_outcome: string | null }) =>
        ['timeout', 'dns_failed'].includes(String(last_outcome)),
      ).length;
    };
    const control = await p99();
    zone.is_silent = true;
    const beside = await p99();
    console.log(`p99 ${control.toFixed(1)} ms without, ${beside.toFixed(1)} ms beside the silent zone`);
    expect(await unresolved()).toBeGreaterThan(0);
    expect(beside).toBeLessThan(IS_FULL ? 1.25 * control : 2 * control + 50);
    const { body } = await server.call('GET', '/v1/deliveries?status=succeeded&limit=50');
    for (const { id } of body.data) {
      const { attempts } = (await server.call('GET', `/v1/deliveries/${id}`)).body;
      expect(attempts[0].timings.dns_ms).toBeLessThan(100);
    }
  },
);
