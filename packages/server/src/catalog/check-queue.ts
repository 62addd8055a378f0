import type { Clock } from '../ports/clock.ts';
import type { SchemaCheckFacts, SchemaOwner } from '../ports/schema-check.ts';
import { budgetUsed, MAX_CHECK_MS, notStarted, shuttingDown, tooManyWaiting } from './check-errors.ts';
import {
  type CheckAnswer,
  type CheckJob,
  type CheckRequest,
  type CheckResult,
  PROGRESS_BYTES,
  readProgress,
} from './check-messages.ts';
import { KeptThread } from './kept-thread.ts';
import { OwnedQueue } from './owned-queue.ts';
import { TimeBudget } from './time-budget.ts';
import { WorkerThread } from './worker-thread.ts';

/** Maximum number of jobs, and of characters, in one request to the thread. */
const MAX_JOBS = 64;
const MAX_REQUEST_SIZE = 2_000_000;

/** Characters that may wait: of one workspace, and of all. */
const MAX_WAITING_OF_ONE = 16_000_000;
const MAX_WAITING = 64_000_000;

/** Times that a compilation gets another second. */
const MAX_EXTENSIONS = 4;

const IDLE_MS = 600_000;

/** Far more than the schemas that it keeps. An ordinary check needs a few megabytes. */
const LIMITS = { maxOldGenerationSizeMb: 192, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 };

/**
 * Of each second of the thread, a workspace may use 0.3 s for slow checks, and one event type half of that. Other
 * workspaces wait while a slow check runs.
 */
const WORKSPACE_BUDGET = { capacity_ms: 3_000, refill_ms: 300 };
const TYPE_BUDGET = { capacity_ms: 1_500, refill_ms: 150 };

/** A check of up to this time is not slow: any number may run, but others of this workspace wait for other workspaces. */
const FREE_MS = 5;

interface Waiting {
  readonly owner: SchemaOwner;
  readonly job: CheckJob;
  readonly size: number;
  readonly resolve: (result: CheckResult | null) => void;
  readonly reject: (error: unknown) => void;
}

export interface CheckQueueOptions {
  readonly clock: Pick<Clock, 'after' | 'soon' | 'monotonic'>;
  /** The module that runs in the thread. */
  readonly thread_url: URL;
}

const typeKey = ({ workspace_id, type }: SchemaOwner): string => `${workspace_id}\n${type}`;

/**
 * Runs checks in the schema thread, first those of the workspace that has used less time than the others. The thread starts with the first check and ends
 * after 10 minutes without one. It is ended and replaced if a check exceeds its time or memory; the other checks of the
 * same request run again.
 */
export class CheckQueue implements AsyncDisposable {
  readonly #options: CheckQueueOptions;
  /** Decides whose checks are next. */
  readonly #turns: TimeBudget;
  readonly #of_workspaces: TimeBudget;
  readonly #of_types: TimeBudget;
  readonly #waiting = new OwnedQueue<Waiting>();
  readonly #progress = new SharedArrayBuffer(PROGRESS_BYTES);
  readonly #thread: KeptThread<CheckRequest, CheckAnswer>;
  #working: Promise<void> | null = null;
  #is_closed = false;
  #extensions = 0;
  #thread_ms = 0;
  #ended_threads = 0;

  constructor(options: CheckQueueOptions) {
    this.#options = options;
    this.#turns = new TimeBudget({ ...options, ...WORKSPACE_BUDGET });
    this.#of_workspaces = new TimeBudget({ ...options, ...WORKSPACE_BUDGET });
    this.#of_types = new TimeBudget({ ...options, ...TYPE_BUDGET });
    this.#thread = new KeptThread({
      clock: options.clock,
      create: () => this.#create(),
      idle_ms: IDLE_MS,
      notStarted: (cause) => (this.#is_closed ? shuttingDown() : notStarted(cause)),
    });
  }

  get facts(): SchemaCheckFacts {
    return { thread_ms: this.#thread_ms, ended_threads: this.#ended_threads };
  }

  /**
   * The result of a job; null if it exceeded its time or memory.
   * @throws BellwireError `too_many_requests`, `overloaded`, `shutting_down`.
   */
  async run(owner: SchemaOwner, job: CheckJob): Promise<CheckResult | null> {
    if (this.#is_closed) throw shuttingDown();
    this.#assertBudget(owner);
    const size = job.schema_text.length + (job.data_text?.length ?? 0);
    const { workspace_id } = owner;
    const is_full =
      this.#waiting.sizeOf(workspace_id) + size > MAX_WAITING_OF_ONE ||
      this.#waiting.size + size > MAX_WAITING;
    if (is_full) throw tooManyWaiting();
    const { promise, ...settle } = Promise.withResolvers<CheckResult | null>();
    this.#waiting.add(workspace_id, { owner, job, size, ...settle });
    this.#working ??= this.#work();
    return promise;
  }

  /** Rejects all that wait, and resolves when the thread has ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#is_closed = true;
    for (const { reject } of this.#waiting.clear()) reject(shuttingDown());
    await this.#thread.end();
    await this.#working;
  }

  #assertBudget(owner: SchemaOwner): void {
    const waits = [
      [this.#of_workspaces, owner.workspace_id],
      [this.#of_types, typeKey(owner)],
    ] as const;
    const used = waits.filter(([budget, key]) => budget.leftOf(key) <= 0);
    if (used.length === 0) return;
    throw budgetUsed(owner.type, Math.max(...used.map(([budget, key]) => budget.retryAfterS(key))));
  }

  #spend(owner: SchemaOwner, ms: number): void {
    this.#turns.spend(owner.workspace_id, ms);
    if (ms > FREE_MS) {
      this.#of_workspaces.spend(owner.workspace_id, ms - FREE_MS);
      this.#of_types.spend(typeKey(owner), ms - FREE_MS);
    }
    this.#thread_ms += ms;
  }

  async #work(): Promise<void> {
    this.#thread.work();
    // All checks of this turn of the event loop share one request.
    await new Promise<void>((resolve) => this.#options.clock.soon(resolve));
    for (let batch = this.#nextBatch(); batch.length > 0; batch = this.#nextBatch()) {
      await this.#runBatch(batch).catch((error: unknown) => {
        for (const { reject } of batch) reject(error);
      });
    }
    this.#working = null;
    if (!this.#is_closed) this.#thread.rest();
  }

  /** Checks of one workspace: those of another must not wait in a request behind a slow one. */
  #nextBatch(): readonly Waiting[] {
    const batch: Waiting[] = [];
    for (let size = 0; batch.length < MAX_JOBS && size < MAX_REQUEST_SIZE;) {
      const workspace_id = batch[0]?.owner.workspace_id ?? this.#nextWorkspace();
      const next = workspace_id === null ? undefined : this.#waiting.take(workspace_id);
      if (next === undefined) break;
      try {
        // The budget can have been used up since this job was added.
        this.#assertBudget(next.owner);
        batch.push(next);
        size += next.size;
      } catch (error) {
        next.reject(error);
      }
    }
    return batch;
  }

  #nextWorkspace(): string | null {
    return this.#waiting.next((workspace_id) => this.#turns.leftOf(workspace_id));
  }

  async #runBatch(batch: readonly Waiting[]): Promise<void> {
    if (this.#is_closed) throw shuttingDown();
    const { monotonic } = this.#options.clock;
    const thread = await this.#thread.started();
    this.#extensions = 0;
    const started_at = monotonic();
    const answer = await thread.ask(batch.map(({ job }) => job));
    if (this.#is_closed) throw shuttingDown();
    if (answer !== null) {
      this.#settle(batch, answer.results);
      return;
    }
    const slow = batch[readProgress(this.#progress).index];
    this.#ended_threads += 1;
    // At least the full time, also if it was the memory: a new thread compiles the schemas of all workspaces again.
    if (slow !== undefined) this.#spend(slow.owner, Math.max(monotonic() - started_at, MAX_CHECK_MS));
    slow?.resolve(null);
    this.#putBack(batch.filter((one) => one !== slow));
    await this.#thread.end();
  }

  #settle(batch: readonly Waiting[], results: CheckAnswer['results']): void {
    for (const [index, result] of results.entries()) {
      const done = batch[index];
      if (done === undefined) break;
      this.#spend(done.owner, result.duration_ms);
      done.resolve(result);
    }
    this.#putBack(batch.slice(results.length));
  }

  #putBack(batch: readonly Waiting[]): void {
    for (const one of batch.toReversed()) this.#waiting.putBack(one.owner.workspace_id, one);
  }

  /** Schemas are limited so that compilation takes half a second, but a busy machine can need far longer. */
  #mayGoOn(): boolean {
    this.#extensions += 1;
    return this.#extensions <= MAX_EXTENSIONS && readProgress(this.#progress).is_compiling;
  }

  #create(): WorkerThread<CheckRequest, CheckAnswer> {
    const { clock, thread_url: url } = this.#options;
    new Int32Array(this.#progress).fill(0);
    const data = { progress: this.#progress };
    const mayGoOn = (): boolean => this.#mayGoOn();
    return new WorkerThread({ clock, url, data, max_ms: MAX_CHECK_MS, mayGoOn, limits: LIMITS });
  }
}
