import { coerceError } from '../core/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { SliceSize } from './slice-size.ts';

/** A kind of stored work that is done in slices. */
export interface Job {
  readonly name: string;
  /** Changes about `limit` rows. False if there is nothing to do for now. */
  readonly advance: (limit: number) => Promise<boolean>;
}

export interface JobRunnerOptions {
  readonly jobs: readonly Job[];
  readonly clock: Clock;
  readonly log: Log;
}

/** Advances stored jobs in slices, with other work in between. Their progress is stored: a restart continues them. */
export class JobRunner {
  readonly #options: JobRunnerOptions;
  readonly #sizes: ReadonlyMap<Job, SliceSize>;
  #running: Promise<void> | null = null;
  #is_requested = false;
  #is_stopped = false;

  constructor(options: JobRunnerOptions) {
    this.#options = options;
    this.#sizes = new Map(options.jobs.map((job) => [job, new SliceSize()]));
  }

  /** Runs until there is nothing to do for now. A call while it runs makes it look again. Failures are logged. */
  run(): Promise<void> {
    if (this.#is_stopped) return Promise.resolve();
    this.#is_requested = true;
    return (this.#running ??= this.#run().finally(() => {
      this.#running = null;
    }));
  }

  /** Resolves after the current slice. The next process continues from there. */
  async stop(): Promise<void> {
    this.#is_stopped = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#is_requested && !this.#is_stopped) {
      this.#is_requested = false;
      for (const job of this.#options.jobs) {
        if (await this.#advance(job)) this.#is_requested = true;
      }
      await new Promise<void>((resolve) => this.#options.clock.soon(resolve));
    }
  }

  async #advance(job: Job): Promise<boolean> {
    const { clock, log } = this.#options;
    const size = this.#sizes.get(job) ?? new SliceSize();
    const started = clock.monotonic();
    try {
      const has_more = await job.advance(size.limit);
      size.adapt(clock.monotonic() - started);
      return has_more;
    } catch (error) {
      const { code, message } = coerceError(error);
      log.warn('could not advance a job; the next sweep tries again', { job: job.name, code, message });
      return false;
    }
  }
}
