import { BellwireError } from './core/errors.ts';
import type { DeliveryLoop } from './delivery/delivery-loop.ts';
import type { JobRunner } from './delivery/job-runner.ts';
import type { Log } from './ports/log.ts';
import type { Schedule, ScheduledJob } from './ports/schedule.ts';

export interface LifecycleParts {
  readonly loop: DeliveryLoop;
  readonly jobs: JobRunner;
  readonly schedule: Schedule;
  readonly log: Log;
}

/** Starts and stops the program, and knows whether it is ready. */
export class Lifecycle {
  readonly #parts: LifecycleParts;
  #sweeps: ScheduledJob | null = null;
  #stopped: Promise<void> | null = null;

  constructor(parts: LifecycleParts) {
    this.#parts = parts;
  }

  get is_ready(): boolean {
    return this.#sweeps !== null && this.#stopped === null;
  }

  /** Releases the leases of an earlier process, so it comes before the first event. After an error, nothing runs. */
  async open(): Promise<void> {
    try {
      await this.#parts.loop.start();
    } catch (error) {
      await Promise.allSettled([this.stop()]);
      throw error;
    }
  }

  start(): void {
    if (this.#stopped !== null) return;
    const { schedule, log } = this.#parts;
    this.#sweeps ??= schedule.everySecond('bellwire sweep', () => this.sweep(), log);
  }

  async sweep(): Promise<void> {
    const { loop, jobs } = this.#parts;
    // Not awaited: a large job must not delay due retries.
    void jobs.run();
    await loop.sweep();
  }

  /** @throws BellwireError `shutting_down` */
  assertRunning(): void {
    if (this.#stopped === null) return;
    throw new BellwireError('shutting_down', 'This Bellwire instance has been stopped. Create a new one.');
  }

  stop(): Promise<void> {
    return (this.#stopped ??= this.#stop());
  }

  async #stop(): Promise<void> {
    const { loop, jobs } = this.#parts;
    await this.#sweeps?.stop();
    await jobs.stop();
    await loop.stop();
  }
}
