import type { IdFactory } from '../core/ids.ts';
import { coerceError } from '../core/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Recoveries } from '../ports/recoveries.ts';
import { SliceSize } from './slice-size.ts';

export interface RecoveryRunnerOptions {
  readonly recoveries: Recoveries;
  readonly clock: Clock;
  readonly log: Log;
  readonly ids: IdFactory;
  /** Finished jobs are deleted after this time; null keeps them. */
  readonly retention_ms: number | null;
}

/**
 * Advances the stored recoveries, the one that waits the longest first, in slices with other work in between. A recovery
 * only makes deliveries due: they are sent by the slots of their hooks like all others.
 */
export class RecoveryRunner {
  readonly #options: RecoveryRunnerOptions;
  readonly #size = new SliceSize();
  #running: Promise<void> | null = null;
  #is_stopped = false;

  constructor(options: RecoveryRunnerOptions) {
    this.#options = options;
  }

  /** Runs until no recovery is left. Further calls return the same promise. Failures are logged. */
  run(): Promise<void> {
    if (this.#is_stopped) return Promise.resolve();
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
    const { clock, log, recoveries, retention_ms } = this.#options;
    try {
      while (!this.#is_stopped && (await this.#advance())) {
        await new Promise<void>((resolve) => clock.soon(resolve));
      }
      if (retention_ms !== null) await recoveries.prune(clock.now() - retention_ms);
    } catch (error) {
      const { code, message } = coerceError(error);
      log.warn('could not advance a recovery; the next sweep tries again', { code, message });
    }
  }

  /** False when no recovery is left. */
  async #advance(): Promise<boolean> {
    const { clock, recoveries, ids } = this.#options;
    const next = await recoveries.next();
    if (next === null) return false;
    const started = clock.monotonic();
    await recoveries.advance(next, {
      limit: this.#size.limit,
      now: clock.now(),
      newId: () => ids('dlv'),
    });
    this.#size.adapt(clock.monotonic() - started);
    return true;
  }
}
