import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from './clock.ts';
import { type NetworkSettings, openNetwork } from './network.ts';
import { createHttpTransport } from './transport/http-transport.ts';
import { type LeaseClock, mayBeginIn } from './transport/lease-clock.ts';
import {
  type FromSender,
  postedResult,
  READY,
  receivedRequest,
  type ToSender,
} from './transport/sender-messages.ts';

/** The settings of the thread. */
export interface SenderSettings extends NetworkSettings {
  /** Null or absent if the process owns its database. */
  readonly lease_clock?: LeaseClock | null;
}

// The sender thread: an HTTP transport with its own resolver and the same address policy, behind a message port.
const port = parentPort;
if (port === null) throw new Error('sender-thread is not a program: the server runs it as a worker thread');

const post = (message: FromSender): void => port.postMessage(message);

const { lease_clock, ...settings } = workerData as SenderSettings;
const network = openNetwork(settings);
const transport = createHttpTransport({
  ...network,
  clock: systemClock,
  mayBegin: mayBeginIn(lease_clock ?? null),
  onResults: (results) => post(results.map(postedResult)),
});

const close = async (): Promise<void> => {
  await transport.close();
  network.resolver.close();
  port.close();
};

port.on('message', (message: ToSender) => {
  if (message === null) void close();
  else transport.send(message.map(receivedRequest));
});
post(READY);
