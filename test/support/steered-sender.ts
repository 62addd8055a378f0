import { parentPort, workerData } from 'node:worker_threads';
import type { OutboundRequest } from '../../packages/server/src/ports/transport.ts';
import { interrupted } from '../../packages/server/src/transport/interrupted.ts';
import {
  postedResult,
  receivedRequest,
  type ToSender,
} from '../../packages/server/src/transport/sender-messages.ts';
import type { Steering } from './threaded-harness.ts';

// The sender thread with faults that `Steering` sets for its start, and the URL of a request for later.
const { counts, mute, fails_from } = (workerData as { readonly steering: Steering }).steering;

const count = (cell: number): number => {
  const before = Atomics.add(counts, cell, 1);
  Atomics.notify(counts, cell);
  return before + 1;
};

const started = count(0);
process.on('exit', () => void count(1));
if (started >= fails_from) throw new Error('this thread fails to start');

let dies_on_close = false;
const obey = ({ id, url }: OutboundRequest): void => {
  if (url === 'die:') process.exit(1);
  if (url === 'answer-and-die:') {
    parentPort?.postMessage([postedResult({ ...interrupted(id, false), outcome: { kind: 'succeeded' } })]);
    process.exit(1);
  }
  if (url === 'die-on-close:') dies_on_close = true;
  if (url === 'block:') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
};

// Listens before the sender does, so that a request that kills the thread is never sent.
parentPort?.on('message', (message: ToSender) => {
  if (message !== null) message.map(receivedRequest).forEach(obey);
  else if (dies_on_close) process.exit(1);
});
if (!mute) await import('../../packages/server/src/sender-thread.ts');
