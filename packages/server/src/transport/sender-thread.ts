import { Worker } from 'node:worker_threads';
import type { Clock } from '../ports/clock.ts';
import type { OutboundRequest, SendResult } from '../ports/transport.ts';
import { interrupted } from './interrupted.ts';
import { type FromSender, postedRequest, READY, receivedResult, type ToSender } from './sender-messages.ts';

export interface SenderThreadOptions {
  /** The module that runs in the thread. */
  readonly thread_url: URL;
  /** Plain data that the module receives as `workerData`. */
  readonly settings: unknown;
  readonly clock: Clock;
  readonly onResults: (results: readonly SendResult[]) => void;
  /** Called at most once: the thread cannot be started, and from now on every request is `interrupted`. */
  readonly onBroken: (cause: Error) => void;
  /** False: if the first thread dies before it is ready, give up, because its module or settings are wrong. */
  readonly retries_first_start: boolean;
}

type State =
  /** No thread until the first request. */
  | 'unused'
  | 'starting'
  | 'ready'
  /** The thread died; the next one starts after the back-off. */
  | 'waiting'
  | 'broken'
  | 'closing'
  | 'closed';

const FIRST_BACK_OFF_MS = 100;
const MAX_BACK_OFF_MS = 5_000;
/** A thread that was ready for this long resets the back-off. Results do not: the killer may be one of many requests. */
const HEALTHY_AFTER_MS = 10_000;
const MAX_FAILED_STARTS = 5;
/** Time after the last deadline in which a closing thread must end before it is terminated. */
const CLOSE_GRACE_MS = 5_000;

/** For young objects only: Node allows them 96 MiB in each thread. */
const LIMITS = { maxYoungGenerationSizeMb: 24 } as const;

const doNothing = (): void => undefined;

/**
 * A worker thread that sends, started with the first request and restarted if it dies. Each request has exactly one result:
 *
 * - If the thread dies, the requests that it held are `interrupted` at once with `sender_died`, and the next thread
 *   starts after 100 ms, then 200 ms, up to 5 s; a thread that was ready for 10 s resets this back-off.
 * - Requests sent while no thread is ready are buffered for the next one. If that one dies before it is ready, they are
 *   `interrupted`: a request never waits for more than one restart.
 * - After five failed starts in a row, no more threads are started.
 */
export class SenderThread {
  private readonly options: SenderThreadOptions;
  private state: State = 'unused';
  private worker: Worker | null = null;
  /** The deadlines of the requests that the thread holds, by id. */
  private readonly held = new Map<string, number>();
  private buffered: OutboundRequest[] = [];
  private ready_at: number | null = null;
  private restarts = 0;
  private failed_starts = 0;
  private stopTimer: () => void = doNothing;
  private closed: PromiseWithResolvers<void> | null = null;

  constructor(options: SenderThreadOptions) {
    this.options = options;
  }

  /** Never throws and never calls `onResults` before it returns. */
  send(batch: readonly OutboundRequest[]): void {
    switch (this.state) {
      case 'ready':
        this.postBatch(batch);
        return;
      case 'unused':
        this.buffered.push(...batch);
        this.startWorker();
        return;
      case 'starting':
      case 'waiting':
        this.buffered.push(...batch);
        return;
      case 'broken':
      case 'closing':
      case 'closed':
        this.options.clock.soon(() => this.options.onResults(batch.map(({ id }) => interrupted(id, false))));
    }
  }

  /**
   * Always resolves, after every request has its result. Waits for the requests that the thread holds; a thread that has
   * not ended 5 s after their last deadline is terminated. Buffered requests are `interrupted`.
   */
  close(): Promise<void> {
    if (this.closed === null) {
      this.closed = Promise.withResolvers<void>();
      this.beginClose();
    }
    return this.closed.promise;
  }

  private beginClose(): void {
    const { state, worker } = this;
    if (state === 'starting' || state === 'ready') {
      this.state = 'closing';
      if (state === 'ready') this.closeGracefully();
      else void worker?.terminate();
    } else {
      this.finishClose();
    }
  }

  private closeGracefully(): void {
    const { clock } = this.options;
    const now = clock.monotonic();
    this.post(null);
    const last_deadline_at = Math.max(now, ...this.held.values());
    this.stopTimer = clock.after(
      last_deadline_at - now + CLOSE_GRACE_MS,
      () => void this.worker?.terminate(),
    );
  }

  private finishClose(): void {
    this.state = 'closed';
    this.stopTimer();
    this.interruptAll();
    this.closed?.resolve();
  }

  private startWorker(): void {
    this.state = 'starting';
    let cause: Error | null = null;
    try {
      // An empty execArgv, so that the thread does not inherit this process's profiler or inspector.
      const { thread_url, settings } = this.options;
      const worker = new Worker(thread_url, { workerData: settings, execArgv: [], resourceLimits: LIMITS });
      worker.on('message', (message: FromSender) => this.onMessage(message));
      worker.on('error', (error) => {
        cause = error instanceof Error ? error : new Error(String(error));
      });
      // All messages of the thread are delivered before this event.
      worker.on('exit', (code) => this.onExit(cause ?? new Error(`the thread exited with code ${code}`)));
      this.worker = worker;
    } catch (error) {
      // The operating system refused another thread.
      const refusal = error instanceof Error ? error : new Error(String(error));
      this.options.clock.soon(() => this.onExit(refusal));
    }
  }

  private onMessage(message: FromSender): void {
    if (message !== READY) {
      for (const [id] of message) this.held.delete(id);
      this.options.onResults(message.map(receivedResult));
    } else if (this.state === 'starting') {
      this.state = 'ready';
      this.ready_at = this.options.clock.monotonic();
      this.failed_starts = 0;
      const batch = this.buffered;
      this.buffered = [];
      if (batch.length > 0) this.postBatch(batch);
    }
  }

  private onExit(cause: Error): void {
    this.worker = null;
    if (this.state === 'closing') {
      this.finishClose();
      return;
    }
    if (this.state === 'starting') this.failed_starts += 1;
    else this.resetBackOffOfHealthyThread();
    const isBroken = !this.mayStartAgain();
    if (isBroken) this.state = 'broken';
    else this.scheduleRestart();
    this.interruptAll();
    if (isBroken) this.options.onBroken(cause);
  }

  private mayStartAgain(): boolean {
    const wasEverReady = this.ready_at !== null;
    return (wasEverReady || this.options.retries_first_start) && this.failed_starts < MAX_FAILED_STARTS;
  }

  private resetBackOffOfHealthyThread(): void {
    const lived_ms = this.ready_at === null ? 0 : this.options.clock.monotonic() - this.ready_at;
    if (lived_ms >= HEALTHY_AFTER_MS) this.restarts = 0;
  }

  private scheduleRestart(): void {
    const delay_ms = Math.min(MAX_BACK_OFF_MS, FIRST_BACK_OFF_MS * 2 ** this.restarts);
    this.restarts += 1;
    this.state = 'waiting';
    this.stopTimer = this.options.clock.after(delay_ms, () => this.startWorker());
  }

  private interruptAll(): void {
    const results = [
      ...Array.from(this.held.keys(), (id) => interrupted(id, true)),
      ...this.buffered.map(({ id }) => interrupted(id, false)),
    ];
    this.held.clear();
    this.buffered = [];
    if (results.length > 0) this.options.onResults(results);
  }

  private postBatch(batch: readonly OutboundRequest[]): void {
    const now = this.options.clock.monotonic();
    for (const { id, timeout_ms } of batch) this.held.set(id, now + timeout_ms);
    this.post(batch.map(postedRequest));
  }

  private post(message: ToSender): void {
    this.worker?.postMessage(message);
  }
}
