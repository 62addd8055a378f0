import type { OutboundRequest } from '../ports/transport.ts';
import { interrupted } from './interrupted.ts';
import { SenderThread, type SenderThreadOptions } from './sender-thread.ts';

export type IsolationThreadOptions = Omit<SenderThreadOptions, 'retries_first_start'>;

const IDLE_MS = 30_000;

const doNothing = (): void => undefined;

/**
 * Sends requests one at a time, in order, in a separate thread, so that a request that kills the thread fails only its
 * own attempt. The thread starts with the first request and ends after 30 s without one.
 */
export class IsolationThread {
  private readonly options: IsolationThreadOptions;
  private thread: SenderThread | null = null;
  private queue: OutboundRequest[] = [];
  private is_busy = false;
  private stopIdleTimer: () => void = doNothing;
  /** The end of the previous thread, which may still be closing. */
  private previous: Promise<void> = Promise.resolve();
  private is_closing = false;
  private closed: Promise<void> | null = null;

  constructor(options: IsolationThreadOptions) {
    this.options = options;
  }

  /** Never throws and never calls `onResults` before it returns. */
  send(batch: readonly OutboundRequest[]): void {
    if (this.is_closing) {
      this.options.clock.soon(() => this.interrupt(batch));
      return;
    }
    this.queue.push(...batch);
    this.sendNext();
  }

  /** Waits for the request in flight; the others are `interrupted`. */
  close(): Promise<void> {
    this.closed ??= this.closeAll();
    return this.closed;
  }

  private async closeAll(): Promise<void> {
    this.is_closing = true;
    this.stopIdleTimer();
    const waiting = this.queue;
    this.queue = [];
    this.interrupt(waiting);
    await Promise.all([this.thread?.close(), this.previous]);
  }

  private sendNext(): void {
    if (this.is_busy) return;
    this.stopIdleTimer();
    const request = this.queue.shift();
    if (request === undefined) {
      this.stopIdleTimer = this.options.clock.after(IDLE_MS, () => this.endIdleThread());
      return;
    }
    this.is_busy = true;
    this.thread ??= this.startThread();
    this.thread.send([request]);
  }

  private startThread(): SenderThread {
    return new SenderThread({
      ...this.options,
      retries_first_start: true,
      onResults: (results) => {
        this.is_busy = false;
        this.options.onResults(results);
        if (!this.is_closing) this.sendNext();
      },
    });
  }

  private endIdleThread(): void {
    if (this.thread !== null) this.previous = this.thread.close();
    this.thread = null;
  }

  private interrupt(requests: readonly OutboundRequest[]): void {
    if (requests.length > 0) this.options.onResults(requests.map(({ id }) => interrupted(id, false)));
  }
}
