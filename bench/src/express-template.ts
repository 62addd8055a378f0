import { createHmac } from 'node:crypto';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Agent, request } from 'undici';
import { p50p99 } from './quantiles.ts';

// `node --import tsx bench/src/express-template.ts [events] [a second]`: signed deliveries at a steady rate into the
// Express template on one core (needs taskset), then a check that each was handled once.

const EVENTS = Number(process.argv[2] ?? 10_000);
const RATE = Number(process.argv[3] ?? 500);
const PORT = 4_477;
const SECRET = 'a-secret-of-the-bench-and-nothing-else';
const TEMPLATE = fileURLToPath(new URL('../../templates/receiver-express', import.meta.url));

const HANDLERS = `import { appendFileSync } from 'node:fs';
import type { Handlers, Received } from './handling.ts';
export const handlers: Handlers = {};
export const otherwise = ({ id }: Received): void => appendFileSync('handled', id + '\\n');
`;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** A delivery of the dialect resource-api. Every fiftieth is tampered with; every fortieth is sent twice. */
const deliveryOf = (n: number) => {
  const body = JSON.stringify({
    id: `evt_${n}`,
    type: 'order.created',
    created_at: '2026-01-01T00:00:00Z',
    data: { object: { id: n, padding: 'x'.repeat(300) } },
    previous_data: null,
  });
  const signature = createHmac('sha256', SECRET).update(body).digest('hex');
  const isGenuine = n % 50 !== 0;
  return {
    body: isGenuine ? body : body.replace('order', 'ordre'),
    signature,
    isGenuine,
    times: n % 40 === 1 ? 2 : 1,
  };
};

const startReceiver = async (folder: string) => {
  const node = [process.execPath, 'src/main.ts'] as const;
  const child = spawn('taskset', ['-c', '0', ...node], {
    cwd: folder,
    env: {
      ...process.env,
      PORT: String(PORT),
      HOST: '127.0.0.1',
      WEBHOOK_SECRET: SECRET,
      WEBHOOK_DIALECT: 'resource-api',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  for (let tries = 0; ; tries += 1) {
    const response = await fetch(`http://127.0.0.1:${PORT}/healthz`).catch(() => null);
    if (response?.ok === true) return child;
    if (tries > 200) throw new Error('the receiver does not start; the benchmark needs taskset (util-linux)');
    await wait(50);
  }
};

const post = async (dispatcher: Agent, body: string, signature: string): Promise<number> => {
  const headers = { 'content-type': 'application/json', 'x-webhook-signature': signature };
  const url = `http://127.0.0.1:${PORT}/webhooks`;
  const response = await request(url, { dispatcher, method: 'POST', headers, body });
  await response.body.dump();
  return response.statusCode;
};

const load = async () => {
  const dispatcher = new Agent({ connections: 64, pipelining: 1 });
  const latencies: number[] = [];
  const wrong: string[] = [];
  const under_way: Promise<void>[] = [];
  let genuine = 0;
  const send = async (n: number): Promise<void> => {
    const { body, signature, isGenuine, times } = deliveryOf(n);
    if (isGenuine) genuine += 1;
    for (let time = 0; time < times; time += 1) {
      const started = performance.now();
      const status = await post(dispatcher, body, signature);
      latencies.push(performance.now() - started);
      if (status !== (isGenuine ? 200 : 401)) wrong.push(`${n}: ${status}`);
    }
  };
  const started = performance.now();
  for (let n = 1; n <= EVENTS;) {
    const due = Math.min(EVENTS, Math.floor(((performance.now() - started) / 1000) * RATE));
    while (n <= due) under_way.push(send(n++));
    await wait(1);
  }
  await Promise.all(under_way);
  const seconds = (performance.now() - started) / 1000;
  await dispatcher.destroy();
  return { seconds, latencies, wrong, genuine, requests: latencies.length };
};

const folder = await mkdtemp(join(tmpdir(), 'bellwire-bench-'));
await cp(TEMPLATE, folder, { recursive: true, filter: (path) => !path.includes('node_modules') });
await symlink(join(TEMPLATE, 'node_modules'), join(folder, 'node_modules'));
await writeFile(join(folder, 'src/handlers.ts'), HANDLERS);
const receiver = await startReceiver(folder);
try {
  const { seconds, latencies, wrong, genuine, requests } = await load();
  const read = async () => (await readFile(join(folder, 'handled'), 'utf8')).trim().split('\n');
  const started = performance.now();
  let handled = await read();
  while (handled.length < genuine && performance.now() - started < 60_000) {
    await wait(100);
    handled = await read();
  }
  say(
    `${requests} requests in ${seconds.toFixed(1)} s: ${(requests / seconds).toFixed(0)} per second (target: ${RATE})`,
  );
  say(`responded in ${p50p99(latencies)}; ${wrong.length} wrong responses ${wrong.slice(0, 3).join(', ')}`);
  say(
    `genuine ${genuine}, handled ${new Set(handled).size}, twice ${handled.length - new Set(handled).size}`,
  );
  say(`the last was handled ${((performance.now() - started) / 1000).toFixed(1)} s after the last response`);
} finally {
  receiver.kill('SIGTERM');
  await once(receiver, 'exit');
  await rm(folder, { recursive: true, force: true });
}
