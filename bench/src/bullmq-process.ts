import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { Queue, Worker } from 'bullmq';
import { Agent, request } from 'undici';

/**
 * The usual alternative to a webhook server: an API that adds a job to a queue in Redis, and a worker that signs and
 * sends it. It keeps no record of requests. Its CPU time and memory include those of Redis.
 */
const [, , redis_port = '', redis_pid = '', receiver_port = ''] = process.argv;

interface Job {
  readonly body: string;
}

const connection = { host: '127.0.0.1', port: Number(redis_port), maxRetriesPerRequest: null };
const queue = new Queue<Job>('events', {
  connection,
  defaultJobOptions: { removeOnComplete: true, attempts: 10, backoff: { type: 'exponential', delay: 5_000 } },
});
const dispatcher = new Agent({ connections: 64, pipelining: 1 });
const url = `http://127.0.0.1:${receiver_port}/hook`;

const worker = new Worker<Job>(
  'events',
  async ({ id = '', data: { body } }) => {
    const timestamp = String(Math.floor(Date.now() / 1000));
    const signature = createHmac('sha256', 'secret').update(`${id}.${timestamp}.${body}`).digest('base64');
    const response = await request(url, {
      dispatcher,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        'webhook-signature': `v1,${signature}`,
      },
      body,
    });
    await response.body.dump();
    if (response.statusCode >= 300) throw new Error(`status ${response.statusCode}`);
  },
  { connection, concurrency: 64 },
);

// The clients of the load need a content length.
const answer = (response: ServerResponse, status: number, text: string): void => {
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': text.length });
  response.end(text);
};

const accept = async (text: string, response: ServerResponse): Promise<void> => {
  try {
    const { type } = JSON.parse(text) as { readonly type: string };
    const { id } = await queue.add(type, { body: text });
    answer(response, 202, JSON.stringify({ id }));
  } catch {
    answer(response, 503, '{}');
  }
};

const server = createServer((incoming, response) => {
  let text = '';
  incoming.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  incoming.on('end', () => void accept(text, response));
});
// Beyond the run, so that no connection of the load is closed while it is used.
server.keepAliveTimeout = 600_000;

/** USER_HZ: the unit of times in /proc. */
const TICK_US = 10_000;

const redisUse = (): { readonly cpu_us: number; readonly rss_mb: number } => {
  const text = readFileSync(`/proc/${redis_pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return {
    cpu_us: (Number(fields[11]) + Number(fields[12])) * TICK_US,
    rss_mb: (Number(fields[21]) * 4_096) / 2 ** 20,
  };
};

process.on('message', () => {
  const own = process.cpuUsage();
  const redis = redisUse();
  process.send?.({
    cpu_us: { user: own.user, system: own.system + redis.cpu_us },
    rss_mb: process.memoryUsage.rss() / 2 ** 20 + redis.rss_mb,
  });
});
process.on('disconnect', () => process.exit(0));
await worker.waitUntilReady();
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.({ port: typeof address === 'object' && address !== null ? address.port : 0 });
});
