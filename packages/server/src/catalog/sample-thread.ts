import { Worker } from 'node:worker_threads';
import type { Clock } from '../ports/clock.ts';

/** The reply of the worker to one schema: a sample as JSON text, or null if there is none. */
export interface SampleAnswer {
  readonly sample_text: string | null;
}

export type FromSampleWorker = 'ready' | SampleAnswer;

export interface SampleThreadOptions {
  readonly clock: Pick<Clock, 'after'>;
  /** Time for one sample. */
  readonly max_ms: number;
}

/** Far more than a start takes on a busy machine. */
const MAX_START_MS = 15_000;

/**
 * Memory of the thread. A thread that reaches a limit ends, and the process goes on. An ordinary sample needs a few
 * megabytes.
 */
const LIMITS = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 8, stackSizeMb: 4 };

/** This module and the worker's are TypeScript in the repository and JavaScript in the published package. */
const workerUrl = (): URL =>
  new URL(import.meta.url.endsWith('.ts') ? './sample-worker.ts' : './sample-worker.js', import.meta.url);

/** A worker thread that generates one sample at a time. */
export class SampleThread {
  readonly #options: SampleThreadOptions;
  readonly #worker: Worker;
  readonly #exited = Promise.withResolvers<null>();
  #message = Promise.withResolvers<FromSampleWorker>();
  #has_ended = false;

  constructor(options: SampleThreadOptions) {
    this.#options = options;
    // Without the environment, which has the encryption keys, and without this process's flags, such as the inspector's.
    this.#worker = new Worker(workerUrl(), { env: {}, execArgv: [], resourceLimits: LIMITS });
    this.#worker.on('message', (message: FromSampleWorker) => this.#message.resolve(message));
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
  async ask(schema_text: string): Promise<SampleAnswer | null> {
    this.#message = Promise.withResolvers();
    this.#worker.ref();
    this.#worker.postMessage(schema_text);
    const answer = await this.#next(this.#options.max_ms);
    this.#worker.unref();
    return answer === 'ready' ? null : answer;
  }

  /** Resolves when the thread has ended, whatever it is doing. */
  async end(): Promise<void> {
    this.#worker.ref();
    await this.#worker.terminate();
    await this.#exited.promise;
  }

  /** The next message; null if the thread ends before it, or none arrives in time. */
  #next(max_ms: number): Promise<FromSampleWorker | null> {
    const timeout = Promise.withResolvers<null>();
    const cancel = this.#options.clock.after(max_ms, () => timeout.resolve(null));
    return Promise.race([this.#message.promise, this.#exited.promise, timeout.promise]).finally(cancel);
  }
}
