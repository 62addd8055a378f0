import { systemClock } from '../../packages/server/src/clock.ts';
import type { Clock } from '../../packages/server/src/ports/clock.ts';
import type { SendResult, Transport } from '../../packages/server/src/ports/transport.ts';
import { ThreadedTransport } from '../../packages/server/src/transport/threaded-transport.ts';

/** What a test tells the threads of one transport, and what they report. Crosses to the threads as shared memory. */
export interface Steering {
  /** Threads started, and threads that ended by themselves. */
  readonly counts: Int32Array<SharedArrayBuffer>;
  /** Threads never become ready. */
  readonly mute: boolean;
  /** The number of the first thread that throws before it is ready; the threads after it do too. */
  readonly fails_from: number;
}

export interface ThreadedHarnessOptions {
  readonly clock?: Clock;
  readonly mute?: boolean;
  readonly fails_from?: number;
  /** Replaces the networks that the threads may send to; loopback unless given. */
  readonly allow_networks?: unknown;
}

export interface ThreadedHarness extends AsyncDisposable {
  readonly transport: Transport;
  readonly results: readonly SendResult[];
  readonly broken: readonly Error[];
  /** Waits until so many results have arrived. */
  readonly resultCount: (count: number) => Promise<void>;
  readonly brokenOnce: () => Promise<void>;
  readonly starts: () => number;
  /** Waits until so many threads have been started. */
  readonly startCount: (count: number) => Promise<void>;
  /** Waits until so many threads have ended by themselves. */
  readonly endCount: (count: number) => Promise<void>;
}

const THREAD = new URL('steered-sender.ts', import.meta.url);

const cellReaches = async (cells: Int32Array<SharedArrayBuffer>, cell: number, least: number) => {
  for (let value = Atomics.load(cells, cell); value < least; value = Atomics.load(cells, cell)) {
    await Atomics.waitAsync(cells, cell, value).value;
  }
};

/** A threaded transport with real threads; its results, starts and ends can be awaited. */
export const createThreadedHarness = (options: ThreadedHarnessOptions = {}): ThreadedHarness => {
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
      static_hosts: null,
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
    transport,
    results,
    broken,
    resultCount: (count) => until(() => results.length >= count),
    brokenOnce: () => until(() => broken.length > 0),
    starts: () => Atomics.load(counts, 0),
    startCount: (count) => cellReaches(counts, 0, count),
    endCount: (count) => cellReaches(counts, 1, count),
    [Symbol.asyncDispose]: () => transport.close(),
  };
};
