import type { Clock } from '../../ports/clock.ts';

/** `flow`: accepting, sending and recording events. `other`: management, which any caller can ask for at any rate. */
export type WorkKind = 'flow' | 'other';

/** For a connection that nothing else waits for: work follows work at once. */
export const WITHOUT_RESTS: QueueClock = { soon: (work) => work(), monotonic: () => 0 };

export type QueueClock = Pick<Clock, 'soon' | 'monotonic'>;

/** Work on the connection, in milliseconds, after which the event loop gets a turn. */
const WORK_MAX_MS = 4;

/**
 * Orders the use of one connection: while both kinds of work wait, they alternate, so that no number of management calls
 * delays a commit by more than one of them. Waiting work runs in several turns of the event loop, in which new requests
 * are read.
 */
export class ConnectionQueue {
  readonly #clock: QueueClock;
  readonly #waiting: Readonly<Record<WorkKind, (() => void)[]>> = { flow: [], other: [] };
  #last: WorkKind = 'other';
  #is_busy = false;
  #is_resting = false;
  #began = 0;
  #worked_ms = 0;

  constructor(clock: QueueClock) {
    this.#clock = clock;
  }

  /** Resolves when the connection is the caller's, until it calls `release`. */
  acquire(kind: WorkKind): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting[kind].push(resolve);
      this.#next();
    });
  }

  release(): void {
    this.#is_busy = false;
    this.#worked_ms += this.#clock.monotonic() - this.#began;
    this.#next();
  }

  #next(): void {
    if (this.#is_busy || this.#is_resting) return;
    const { flow, other } = this.#waiting;
    if (flow.length === 0 && other.length === 0) return;
    if (this.#worked_ms >= WORK_MAX_MS) return this.#rest();
    const kind = flow.length > 0 && (this.#last === 'other' || other.length === 0) ? 'flow' : 'other';
    this.#last = kind;
    this.#is_busy = true;
    this.#began = this.#clock.monotonic();
    this.#waiting[kind].shift()?.();
  }

  #rest(): void {
    this.#is_resting = true;
    this.#clock.soon(() => {
      this.#is_resting = false;
      this.#worked_ms = 0;
      this.#next();
    });
  }
}
