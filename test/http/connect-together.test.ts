import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { listen } from '../../packages/server/src/listen.ts';

const CLIENTS = 320;

/** Connects clients that send a request each, in a thread of its own, and counts those that are connected. */
const CLIENT = `
  const { connect } = require('node:net');
  const { workerData: { port, connected, clients } } = require('node:worker_threads');
  for (let count = 0; count < clients; count += 1) {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write('GET / HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n');
      Atomics.add(connected, 0, 1);
      Atomics.notify(connected, 0);
    });
    socket.resume();
  }`;

it.skipIf(process.platform !== 'linux')(
  `clients that connect together are accepted within a few turns of the event loop${process.platform === 'linux' ? '' : ': only Linux shares a port fairly'}`,
  async () => {
    const counts = { served: 0, turns: 0 };
    const fetch = (): Response => {
      counts.served += 1;
      return new Response('ok');
    };
    const server = await listen(fetch, { host: '127.0.0.1', port: 0, public_url: null });
    const connected = new Int32Array(new SharedArrayBuffer(4));
    const client = new Worker(CLIENT, {
      eval: true,
      workerData: { port: server.port, connected, clients: CLIENTS },
    });
    try {
      await new Promise((resolve) => client.once('online', resolve));
      // Blocks this thread, so that all of them wait to be accepted.
      for (let now = 0; now < CLIENTS; now = connected[0] ?? 0) Atomics.wait(connected, 0, now, 5_000);
      while (counts.served < CLIENTS) {
        await new Promise((resolve) => void setImmediate(resolve));
        counts.turns += 1;
      }
      expect(counts.turns).toBeLessThan(CLIENTS / 4);
    } finally {
      await server.close();
      await client.terminate();
    }
  },
);
