import { Worker } from 'node:worker_threads';
import type { OutboundRequest, SendResult, Transport } from '../ports/transport.ts';

/** What goes to the sender thread; results come back as arrays of `SendResult`. */
export type ToSender =
  | { readonly kind: 'send'; readonly batch: readonly OutboundRequest[] }
  | { readonly kind: 'close' };

/** The first thing that comes from the sender thread. */
export const READY = 'ready';

export interface ThreadedTransportOptions {
  /** The module that runs in the thread. */
  readonly thread_url: URL;
  /** Plain data that the thread is made with. */
  readonly settings: unknown;
  readonly onResults: (results: readonly SendResult[]) => void;
  /** The thread died before it was ready, so that a new one would die too. */
  readonly onBroken: (cause: Error) => void;
}

const lost = (id: string): SendResult => ({
  id,
  outcome: { kind: 'interrupted' },
  response: null,
  timings: { dns_ms: null, connect_ms: null, tls_ms: null, first_byte_ms: null, total_ms: 0 },
  remote_address: null,
  reused_connection: false,
});

/**
 * A transport that lives in a thread of its own: sending takes about a third of the work of an event, and this is the
 * part that shares nothing with the rest. When the thread dies its requests end as `interrupted` and a new one begins.
 */
export const createThreadedTransport = (options: ThreadedTransportOptions): Transport => {
  const under_way = new Set<string>();
  let onClosed: (() => void) | null = null;
  let worker = start();

  function start(): Worker {
    let is_ready = false;
    let cause = new Error('the sender thread ended');
    // Its own flags and none of ours: a profiler or an inspector of the process is not the thread's.
    const started = new Worker(options.thread_url, { workerData: options.settings, execArgv: [] });
    started.on('message', (message: typeof READY | readonly SendResult[]) => {
      if (message === READY) {
        is_ready = true;
        return;
      }
      for (const { id } of message) under_way.delete(id);
      options.onResults(message);
    });
    started.on('error', (error) => {
      cause = error instanceof Error ? error : new Error(String(error));
    });
    started.on('exit', () => {
      if (onClosed !== null) {
        onClosed();
        return;
      }
      if (!is_ready) {
        options.onBroken(cause);
        return;
      }
      worker = start();
      const ids = [...under_way];
      under_way.clear();
      if (ids.length > 0) options.onResults(ids.map(lost));
    });
    return started;
  }

  const post = (message: ToSender): void => worker.postMessage(message);

  return {
    send: (batch) => {
      for (const { id } of batch) under_way.add(id);
      post({ kind: 'send', batch });
    },
    close: () =>
      new Promise((resolve) => {
        onClosed = resolve;
        post({ kind: 'close' });
      }),
  };
};
