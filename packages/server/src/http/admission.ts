import type { Owner } from '../core/owner.ts';
import type { Clock } from '../ports/clock.ts';
import { FairGate } from './fair-gate.ts';
import type { LoopShare } from './loop-share.ts';
import { UnreadAnswers } from './unread-answers.ts';

/** A workspace counts as active for this long after its last call. */
const ACTIVE_MS = 1_000;
/** Calls in progress that each active workspace can always have, and one with far more calls than the others. */
const SHARE_MIN = 8;
const SHARE_MIN_OF_HEAVY = 4;
/** A workspace is heavy with more than this multiple of an equal part of all calls. */
const HEAVY = 1.5;
/** A call that takes longer waits for something, such as an attempt, and no longer counts. */
const HOLD_MS = 1_000;
/** Bytes of the large bodies of a workspace that are received and processed at one time. */
const BODIES_MAX = 8 * 1024 * 1024;
/** Smaller bodies are received at once. */
const LARGE_BODY = 16 * 1024;

/** Reads of a workspace in progress: while several workspaces are active, and while it is alone. */
const READS_MAX = { shared: 4, alone: 16 };

interface Work<B, R> {
  readonly receive: () => Promise<B>;
  readonly call: (body: B) => Promise<R>;
  /** Whether the call reads from the database as much as a list does. */
  readonly is_read: boolean;
}

interface LargeCall<B> extends Work<B, Response> {
  readonly owner: Owner;
  /** Of its body. */
  readonly bytes: number;
}

/**
 * Bounds the calls of each workspace that are in progress. A workspace that is alone can have any number. While several
 * are active, each has its share of the number that keeps a part of the event loop's time free.
 */
export class Admission {
  readonly #clock: Pick<Clock, 'after' | 'monotonic' | 'soon'>;
  readonly #loop: Pick<LoopShare, 'calls' | 'noteShared'>;
  readonly #last_calls = new Map<string, number>();
  readonly #bodies = new FairGate(() => BODIES_MAX);
  readonly #calls = new FairGate((workspace_id) => this.#shareOf(workspace_id));
  /** The database serves reads one after the other, or some at a time: those of others wait for them. */
  readonly #reads = new FairGate(() => (this.#last_calls.size < 2 ? READS_MAX.alone : READS_MAX.shared));
  readonly #answers: UnreadAnswers;
  /** The owners of calls that have ended in this turn of the event loop. */
  readonly #ended: Owner[] = [];
  #pruned = 0;

  constructor(
    clock: Pick<Clock, 'after' | 'monotonic' | 'soon'>,
    loop: Pick<LoopShare, 'calls' | 'noteShared'>,
  ) {
    this.#clock = clock;
    this.#loop = loop;
    this.#answers = new UnreadAnswers(clock);
  }

  /**
   * Runs `receive` when a body of that many bytes may be received, and then its call; releases both when it ends.
   * @throws BellwireError `overloaded` if too many reads wait
   */
  async run<B, R>(owner: Owner, bytes: number, { receive, call, is_read }: Work<B, R>): Promise<R> {
    const reserved = bytes > LARGE_BODY ? bytes : 0;
    if (reserved > 0) await this.#bodies.enter(owner, reserved);
    try {
      // A slow upload does not use the share of calls.
      const body = await receive();
      this.#noteCall(owner);
      const work = (): Promise<R> => this.#call(owner, () => call(body));
      return is_read ? await this.#read(owner, work) : await work();
    } finally {
      if (reserved > 0) this.#bodies.leave(owner, reserved);
    }
  }

  /**
   * The same for a call whose answer can be as large as a page.
   * @throws BellwireError `overloaded`
   */
  runLarge<B>(request: Request, { owner, bytes, ...work }: LargeCall<B>): Promise<Response> {
    return this.#answers.run(owner, request, () => this.run(owner, bytes, work));
  }

  async #read<R>(owner: Owner, work: () => Promise<R>): Promise<R> {
    await this.#reads.enterRead(owner);
    try {
      return await work();
    } finally {
      this.#reads.leave(owner, 1);
    }
  }

  async #call<R>(owner: Owner, work: () => Promise<R>): Promise<R> {
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
      this.#leaveSoon(owner);
    };
    const cancel = this.#clock.after(HOLD_MS, leave, { keeps_alive: false });
    return leave;
  }

  /**
   * A call counts until the end of the turn. Otherwise calls that wait for nothing, such as invalid ones, would follow each
   * other in one turn: hundreds of connections would make it as long, and the calls of others need several turns.
   */
  #leaveSoon(owner: Owner): void {
    this.#ended.push(owner);
    if (this.#ended.length > 1) return;
    this.#clock.soon(() => {
      for (const one of this.#ended.splice(0)) this.#calls.leave(one, 1);
    });
  }

  #shareOf(workspace_id: string): number {
    const active = this.#last_calls.size;
    if (active < 2) return Infinity;
    const is_heavy = this.#calls.partOf(workspace_id) > HEAVY / active;
    return Math.max(is_heavy ? SHARE_MIN_OF_HEAVY : SHARE_MIN, Math.floor(this.#loop.calls / active));
  }

  #noteCall([workspace_id]: Owner): void {
    const now = this.#clock.monotonic();
    this.#last_calls.set(workspace_id, now);
    if (this.#last_calls.size < 2) return;
    this.#loop.noteShared();
    if (now - this.#pruned < ACTIVE_MS) return;
    this.#pruned = now;
    for (const [id, last_call] of this.#last_calls) {
      const is_idle = this.#calls.used(id) === 0 && this.#reads.used(id) === 0;
      if (now - last_call > ACTIVE_MS && is_idle) this.#last_calls.delete(id);
    }
    this.#calls.admit();
    this.#reads.admit();
  }
}
