import type { Clock } from '../ports/clock.ts';
import type { OutboundRequest, SendResult, Transport } from '../ports/transport.ts';
import { IsolationThread } from './isolation-thread.ts';
import { SenderThread } from './sender-thread.ts';

export interface ThreadedTransportOptions {
  /** The module that runs in the threads. */
  readonly thread_url: URL;
  /** Plain data that the module receives as `workerData`. */
  readonly settings: unknown;
  readonly clock: Clock;
  readonly onResults: (results: readonly SendResult[]) => void;
  /**
   * Called at most once, if a thread cannot be started: the first one died before it was ready, or five starts in a row
   * failed. The process should exit.
   */
  readonly onBroken: (cause: Error) => void;
}

/**
 * A transport in worker threads. Sending takes about a third of the CPU time of an event and shares no state with the
 * rest, so it can use a second core. All requests share one thread, except isolated ones, which are sent one at a time
 * from a second thread.
 */
export class ThreadedTransport implements Transport {
  private readonly shared: SenderThread;
  private readonly isolation: IsolationThread;
  private is_broken = false;
  private closed: Promise<void> | null = null;

  constructor(options: ThreadedTransportOptions) {
    const onBroken = (cause: Error): void => {
      if (this.is_broken) return;
      this.is_broken = true;
      options.onBroken(cause);
    };
    this.shared = new SenderThread({ ...options, onBroken, retries_first_start: false });
    this.isolation = new IsolationThread({ ...options, onBroken });
  }

  send(batch: readonly OutboundRequest[]): void {
    const isolated = batch.filter((request) => request.isolated);
    if (isolated.length === 0) {
      this.shared.send(batch);
      return;
    }
    this.shared.send(batch.filter((request) => !request.isolated));
    this.isolation.send(isolated);
  }

  close(): Promise<void> {
    this.closed ??= this.closeAll();
    return this.closed;
  }

  private async closeAll(): Promise<void> {
    await Promise.all([this.shared.close(), this.isolation.close()]);
  }
}
