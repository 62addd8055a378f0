import type { BellwireError } from '../core/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { WorkerThread } from './worker-thread.ts';

export interface KeptThreadOptions<Request, Answer extends object> {
  readonly clock: Pick<Clock, 'after'>;
  /** Throws if the operating system refuses another thread. */
  readonly create: () => WorkerThread<Request, Answer>;
  /** Time without work after which the thread ends. */
  readonly idle_ms: number;
  readonly notStarted: (cause?: unknown) => BellwireError;
}

/** A worker thread that starts when there is work, is kept for the next, and ends when there was none for a while. */
export class KeptThread<Request, Answer extends object> {
  readonly #options: KeptThreadOptions<Request, Answer>;
  #thread: WorkerThread<Request, Answer> | null = null;
  #stopIdleTimer: () => void = () => undefined;
  /** The ends of all previous threads. */
  #ended: Promise<unknown> = Promise.resolve();

  constructor(options: KeptThreadOptions<Request, Answer>) {
    this.#options = options;
  }

  /** There is work: the thread does not end by itself until `rest`. */
  work(): void {
    this.#stopIdleTimer();
  }

  /** The thread, started if there is none. @throws the error of `notStarted` */
  async started(): Promise<WorkerThread<Request, Answer>> {
    // A thread can end by itself between two requests.
    if (this.#thread?.hasEnded === false) return this.#thread;
    const thread = this.#create();
    this.#thread = thread;
    if (await thread.isReady()) return thread;
    await this.end();
    throw this.#options.notStarted();
  }

  /** There is no work for now. */
  rest(): void {
    const { clock, idle_ms } = this.#options;
    this.#stopIdleTimer = clock.after(idle_ms, () => void this.end(), { keeps_alive: false });
  }

  /** Resolves when every thread has ended, whatever it is doing. */
  async end(): Promise<void> {
    this.#stopIdleTimer();
    const thread = this.#thread;
    this.#thread = null;
    this.#ended = Promise.all([this.#ended, thread?.end()]);
    await this.#ended;
  }

  #create(): WorkerThread<Request, Answer> {
    try {
      return this.#options.create();
    } catch (cause) {
      throw this.#options.notStarted(cause);
    }
  }
}
