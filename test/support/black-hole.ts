import { once } from 'node:events';
import { connect } from 'node:net';
import { Worker } from 'node:worker_threads';

/**
 * A port of loopback whose connects get no answer. A blocked thread listens on it with a backlog of one, which is full, so
 * the kernel drops further connects. Only on Linux.
 */
export const startBlackHole = async () => {
  const worker = new Worker(
    `const server = require('node:net').createServer();
     server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
       require('node:worker_threads').parentPort.postMessage(server.address().port);
       setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
     });`,
    { eval: true },
  );
  const [port] = await once(worker, 'message');
  const fillers = Array.from({ length: 2 }, () => connect(Number(port), '127.0.0.1'));
  await Promise.all(fillers.map((socket) => once(socket, 'connect')));
  return {
    port: Number(port),
    [Symbol.asyncDispose]: async () => {
      for (const socket of fillers) socket.destroy();
      await worker.terminate();
    },
  };
};
