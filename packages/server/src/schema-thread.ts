import { parentPort, workerData } from 'node:worker_threads';
import { createCheckWorker } from './catalog/check-jobs.ts';
import type { CheckRequest, CheckThreadData } from './catalog/check-messages.ts';
import { READY } from './catalog/worker-thread.ts';
import { systemClock } from './clock.ts';

// The schema thread: compiles schemas and checks data that could take long. It measures time, which rooms may not.
const port = parentPort;
if (port === null) throw new Error('schema-thread is not a program: the server runs it as a worker thread');

const { progress } = workerData as CheckThreadData;
const work = createCheckWorker({ progress, monotonic: systemClock.monotonic });

port.on('message', (request: CheckRequest) => port.postMessage(work(request)));
port.postMessage(READY);
