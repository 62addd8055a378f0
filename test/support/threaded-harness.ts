import { systemClock } from '../../packages/server/src/clock.ts';
import type { Clock } from '../../packages/server/src/ports/clock.ts';
import type { OutboundRequest, SendResult } from '../../packages/server/src/ports/transport.ts';
import { ThreadedTransport } from '../../packages/server/src/transport/threaded-transport.ts';
import { createVirtualClock } from './virtual-clock.ts';

/** The faults and counters of the threads of one transport, shared with the threads as memory. */
export interface Steering {
  /** The number of threads started, and the number of threads that ended by themselves. */
  readonly counts: Int32Array<SharedArrayBuffer>;
  /** Threads never become ready. */
  readonly mute: boolean;
  /** The number of the first thread that throws before it is ready; later threads throw too. */
  readonly fails_from: number;
}

export interface ThreadedHarnessOptions {
  readonly clock?: Clock;
  readonly mute?: boolean;
  readonly fails_from?: number;
  /** The networks that the threads may send to; loopback by default. */
  readonly allow_networks?: unknown;
}

const THREAD = new URL('steered-sender.ts', import.meta.url);

const cellReaches = async (cells: Int32Array<SharedArrayBuffer>, cell: number, count: number) => {
  for (let value = Atomics.load(cells, cell); value < count; value = Atomics.load(cells, cell)) {
    await Atomics.waitAsync(cells, cell, value).value;
  }
};

/** A threaded transport with real threads; its results, starts and ends can be awaited. */
export const createThreadedHarness = (options: ThreadedHarnessOptions = {}) => {
  const results: SendResult[] = [];
  const broken: Error[] = [];
  let woken = Promise.withResolvers<void>();
  const wake = (): void => {
    woken.resolve();
    woken = Promise.withResolvers<void>();
  };
  const until = async (isReached: () => boolean): Promise<void> => {
    while (!isReached()) await woken.promise;
  };
  const counts = new Int32Array(new SharedArrayBuffer(8));
  const steering: Steering = {
    counts,
    mute: options.mute ?? false,
    fails_from: options.fails_from ?? Infinity,
  };
  const transport = new ThreadedTransport({
    thread_url: THREAD,
    settings: {
      allow_networks: options.allow_networks ?? ['127.0.0.0/8'],
      allow_metadata: false,
      allow_hosts: null,
      refuse_hosts: [],
      https_only: false,
      static_hosts: null,
      proxy: null,
      steering,
    },
    clock: options.clock ?? systemClock,
    onResults: (some) => {
      results.push(...some);
      wake();
    },
    onBroken: (cause) => {
      broken.push(cause);
      wake();
    },
  });
  return {
    send: (requests: readonly OutboundRequest[]) => transport.send(requests),
    close: (): Promise<void> => transport.close(),
    results: results as readonly SendResult[],
    broken: broken as readonly Error[],
    /** Waits until this number of results has arrived. */
    resultCount: (count: number) => until(() => results.length >= count),
    brokenOnce: () => until(() => broken.length > 0),
    starts: () => Atomics.load(counts, 0),
    /** Waits until this number of threads has started. */
    startCount: (count: number) => cellReaches(counts, 0, count),
    /** Waits until this number of threads has ended by itself. */
    endCount: (count: number) => cellReaches(counts, 1, count),
    [Symbol.asyncDispose]: () => transport.close(),
  };
};

/** A threaded harness with a virtual clock for restarts and shutdown. */
export const createVirtualHarness = (options: Omit<ThreadedHarnessOptions, 'clock'> = {}) => {
  const clock = createVirtualClock();
  return { ...createThreadedHarness({ ...options, clock }), clock };
};
