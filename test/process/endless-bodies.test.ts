import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { until } from '../support/running-server.ts';
import { startServer } from '../support/server-process.ts';
import { storage } from '../support/storage.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

const MIB = 1 << 20;
const HOOKS = 100;

/** In its own thread: answers `/bomb` with 10 GB of zeros in gzip, and everything else with 20 kB. */
const startReceiver = async () => {
  const worker = new Worker(
    `const bomb = require('node:zlib').gzipSync(Buffer.alloc(64 << 20));
     const server = require('node:http').createServer((request, response) => {
       request.resume();
       if (request.url !== '/bomb') return void response.end('x'.repeat(20_000));
       response.writeHead(200, { 'content-length': 10_737_418_240, 'content-encoding': 'gzip' });
       const pour = () => { while (!response.destroyed && response.write(bomb)); };
       response.on('drain', pour).on('error', () => {});
       pour();
     });
     server.listen(0, '127.0.0.1', () => require('node:worker_threads').parentPort.postMessage(server.address().port));`,
    { eval: true },
  );
  const [port] = await once(worker, 'message');
  return {
    origin: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => void (await worker.terminate()),
  };
};

const peakBytes = (pid: number): number =>
  Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;

it.runIf(process.platform === 'linux')(
  'a hundred receivers that answer with 10 GB of compressed zeros at once cost less than 32 MiB of memory',
  { timeout: 60_000 },
  async () => {
    await using folder = await createTemporaryFolder();
    await using receiver = await startReceiver();
    await using server = await startServer({ folder: folder.path });
    for (const type of ['usual', 'bomb']) {
      const url = `${receiver.origin}/${type}`;
      for (let nth = 0; nth < HOOKS; nth += 1)
        await server.call('POST', '/v1/webhooks', { url, events: [type] });
    }
    const send = async (type: string): Promise<void> => {
      const { body } = await server.call('POST', '/v1/events', { type, data: {} });
      const list = `/v1/deliveries?event_id=${body.id}&status=succeeded&limit=${HOOKS}`;
      await until(
        async () => (await server.call('GET', list)).body.data.length,
        (count) => count === HOOKS,
      );
    };
    for (let nth = 0; nth < 5; nth += 1) await send('usual');
    const before = peakBytes(server.pid);
    await send('bomb');
    expect((peakBytes(server.pid) - before) / MIB).toBeLessThan(storage === 'SQLite' ? 32 : 48);
  },
);
