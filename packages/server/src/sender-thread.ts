import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from './clock.ts';
import { type NetworkSettings, openNetwork } from './network.ts';
import { createHttpTransport } from './transport/http-transport.ts';
import { READY, type ToSender } from './transport/threaded-transport.ts';

// The sender thread: a transport of its own, with its own resolver and the same policy, behind a port.
const port = parentPort;
if (port === null) throw new Error('the sender thread was started as a program of its own');

const network = openNetwork(workerData as NetworkSettings);
const transport = createHttpTransport({
  ...network,
  clock: systemClock,
  onResults: (results) => port.postMessage(results),
});

const close = async (): Promise<void> => {
  await transport.close();
  network.resolver.close();
  port.close();
};

port.on('message', (message: ToSender) => {
  if (message.kind === 'send') transport.send(message.batch);
  else void close();
});
port.postMessage(READY);
