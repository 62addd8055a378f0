import { type ResourceLimits, Worker } from 'node:worker_threads';
import { threadOptions } from '../core/thread-options.ts';
import type { Clock } from '../ports/clock.ts';

/** The first message of every worker. */
export const READY = 'ready';

export interface WorkerThreadOptions {
  readonly clock: Pick<Clock, 'after' | 'soon'>;
  /** The module that runs in the worker. */
  readonly url: URL;
  readonly data?: unknown;
  /** Time for one request. */
  readonly max_ms: number;
  /** Called when it is over: true gives the request as much time again. Default: false. */
  readonly mayGoOn?: () => boolean;
  /** Memory of the thread. A thread that reaches a limit ends, and the process goes on. */
  readonly limits: ResourceLimits;
}

/** Far more than a start takes on a busy machine. */
const MAX_START_MS = 15_000;

/** A worker thread that answers one request at a time, and can be ended whatever it is doing. */
export class WorkerThread<Request, Answer extends object> {
  readonly #options: WorkerThreadOptions;
  readonly #worker: Worker;
  readonly #exited = Promise.withResolvers<null>();
  #message = Promise.withResolvers<typeof READY | Answer>();
  #has_ended = false;

  /** Throws if the operating system refuses another thread. */
  constructor(options: WorkerThreadOptions) {
    this.#options = options;
    const { url, data: workerData, limits: resourceLimits } = options;
    this.#worker = new Worker(url, { ...threadOptions(), workerData, resourceLimits });
    this.#worker.on('message', (message: typeof READY | Answer) => this.#message.resolve(message));
    // `exit` follows, also when the thread reached a limit of its memory.
    this.#worker.on('error', () => undefined);
    this.#worker.on('exit', () => {
      this.#has_ended = true;
      this.#exited.resolve(null);
    });
  }

  get hasEnded(): boolean {
    return this.#has_ended;
  }

  /** Whether the worker has started. */
  async isReady(): Promise<boolean> {
    return (await this.#next(MAX_START_MS)) !== null;
  }

  /** Call it again only after the previous call has resolved. Null if the thread reached a limit: then `end` it. */
  async ask(request: Request): Promise<Answer | null> {
    this.#message = Promise.withResolvers();
    this.#worker.ref();
    this.#worker.postMessage(request);
    const answer = await this.#next(this.#options.max_ms);
    this.#worker.unref();
    return answer === READY ? null : answer;
  }

  /** Resolves when the thread has ended, whatever it is doing. */
  async end(): Promise<void> {
    this.#worker.ref();
    await this.#worker.terminate();
    await this.#exited.promise;
  }

  /** The next message; null if the thread ends before it, or none arrives in time. */
  #next(max_ms: number): Promise<typeof READY | Answer | null> {
    const { clock, mayGoOn = () => false } = this.#options;
    const timeout = Promise.withResolvers<null>();
    // A busy main thread can run the timer before it reads a message that arrived in time: `soon` comes after both.
    const start = () =>
      clock.after(max_ms, () => clock.soon(() => (mayGoOn() ? restart() : timeout.resolve(null))));
    const restart = (): void => {
      cancel = start();
    };
    let cancel = start();
    return Promise.race([this.#message.promise, this.#exited.promise, timeout.promise]).finally(() =>
      cancel(),
    );
  }
}
