import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from './clock.ts';
import { type NetworkSettings, openNetwork } from './network.ts';
import { createHttpTransport } from './transport/http-transport.ts';
import { type FromSender, READY, type ToSender } from './transport/sender-messages.ts';

// The sender thread: an HTTP transport with its own resolver and the same address policy, behind a message port.
const port = parentPort;
if (port === null) throw new Error('sender-thread is not a program: the server runs it as a worker thread');

const post = (message: FromSender): void => port.postMessage(message);

const network = openNetwork(workerData as NetworkSettings);
const transport = createHttpTransport({ ...network, clock: systemClock, onResults: post });

const close = async (): Promise<void> => {
  await transport.close();
  network.resolver.close();
  port.close();
};

port.on('message', (message: ToSender) => {
  if (message.kind === 'send') transport.send(message.batch);
  else void close();
});
post(READY);
