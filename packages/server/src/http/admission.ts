import type { Owner } from '../core/owner.ts';
import type { Clock } from '../ports/clock.ts';
import { FairGate } from './fair-gate.ts';

/** A workspace counts as active for this long after its last call. */
const ACTIVE_MS = 1_000;
/** Calls in progress of all workspaces while several are active, adapted to the turns of the event loop. */
const CALLS_MAX = 256;
const CALLS_MIN = 24;
/** Calls in progress that each active workspace can always have. */
const SHARE_MIN = 8;
/** A call that takes longer waits for something, such as an attempt, and no longer counts. */
const HOLD_MS = 1_000;
/** Target duration of a turn of the event loop: a new call waits for it. */
const TURN_MS = 10;
/** Bytes of the large bodies of a workspace that are received and processed at one time. */
const BODIES_MAX = 8 * 1024 * 1024;
/** Smaller bodies are received at once. */
const LARGE_BODY = 16 * 1024;

/**
 * Bounds the calls of each workspace that are in progress. A workspace that is alone can have any number. While several
 * are active, each has its share of the number that keeps the turns of the event loop short.
 */
export class Admission {
  readonly #clock: Pick<Clock, 'after' | 'monotonic' | 'soon'>;
  readonly #last_calls = new Map<string, number>();
  readonly #bodies = new FairGate((used) => used < BODIES_MAX);
  readonly #calls = new FairGate((used) => used < this.#share());
  #limit = CALLS_MAX;
  #is_measuring = false;
  #pruned = 0;

  constructor(clock: Pick<Clock, 'after' | 'monotonic' | 'soon'>) {
    this.#clock = clock;
  }

  /** Runs `receive` when a body of that many bytes may be received, and then its call; releases both when it ends. */
  async run<B, R>(
    owner: Owner,
    bytes: number,
    { receive, call }: { readonly receive: () => Promise<B>; readonly call: (body: B) => Promise<R> },
  ): Promise<R> {
    const reserved = bytes > LARGE_BODY ? bytes : 0;
    if (reserved > 0) await this.#bodies.enter(owner, reserved);
    try {
      // A slow upload does not use the share of calls.
      const body = await receive();
      return await this.#call(owner, () => call(body));
    } finally {
      if (reserved > 0) this.#bodies.leave(owner, reserved);
    }
  }

  async #call<R>(owner: Owner, work: () => Promise<R>): Promise<R> {
    this.#noteCall(owner);
    // What began alone never counts: it has ended soon, or waits for something else.
    if (this.#last_calls.size < 2) return work();
    const waits = this.#calls.enter(owner, 1);
    if (waits !== undefined) await waits;
    const leave = this.#leaveOnce(owner);
    try {
      return await work();
    } finally {
      leave();
    }
  }

  #leaveOnce(owner: Owner): () => void {
    let has_left = false;
    const leave = (): void => {
      if (has_left) return;
      has_left = true;
      cancel();
      this.#calls.leave(owner, 1);
    };
    const cancel = this.#clock.after(HOLD_MS, leave, { keeps_alive: false });
    return leave;
  }

  #share(): number {
    const active = this.#last_calls.size;
    return active < 2 ? Infinity : Math.max(SHARE_MIN, Math.floor(this.#limit / active));
  }

  #noteCall([workspace_id]: Owner): void {
    const now = this.#clock.monotonic();
    this.#last_calls.set(workspace_id, now);
    if (this.#last_calls.size < 2) return;
    this.#measureTurn(now);
    if (now - this.#pruned < ACTIVE_MS) return;
    this.#pruned = now;
    for (const [id, last_call] of this.#last_calls) {
      if (now - last_call > ACTIVE_MS && this.#calls.used(id) === 0) this.#last_calls.delete(id);
    }
    this.#calls.admit();
  }

  /** Measures the rest of this turn of the event loop. */
  #measureTurn(began: number): void {
    if (this.#is_measuring) return;
    this.#is_measuring = true;
    this.#clock.soon(() => {
      this.#is_measuring = false;
      const is_long = this.#clock.monotonic() - began > TURN_MS;
      this.#limit = is_long ? Math.max(CALLS_MIN, this.#limit * 0.8) : Math.min(CALLS_MAX, this.#limit + 1);
    });
  }
}
