import { commitPauseMs } from '../core/commit-pause.ts';
import { BellwireError, coerceError, DATABASE_RETRY_S } from '../core/errors.ts';
import { LEASE_MS } from '../core/lease.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type {
  AcceptResult,
  BatchResult,
  HookSet,
  LeasedDelivery,
  NewEvent,
  Settlement,
  SettleResult,
  Store,
} from '../ports/store.ts';
import { AcceptQueue } from './accept-queue.ts';
import { AnswerLimit } from './answer-limit.ts';
import type { Admits } from './backpressure.ts';
import { SettlementQueue, simplerSettlement } from './settlement-queue.ts';

export interface GroupCommitOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** Maximum time for which an accept waits for the database; null for no limit. */
  readonly accept_wait_ms: number | null;
  /** Which accepts wait for now (backpressure); settlements never do. */
  readonly admission: () => Admits;
  readonly saturated_hooks: HookSet;
  /** Called when the event is on the disk, before the sender is answered. */
  readonly onAccepted: (result: Extract<AcceptResult, { kind: 'accepted' }>, event: NewEvent) => void;
  readonly onSettled: (settlement: Settlement, result: SettleResult) => void;
  /** Called after COMMIT with deliveries that waited for an earlier one of their order. */
  readonly onReleased: (released: readonly LeasedDelivery[]) => void;
  /** A commit left hooks of an event for later. */
  readonly onFanOuts: () => void;
  /** The database can no longer be trusted. */
  readonly onBroken: (error: BellwireError) => void;
  /** A commit failed. Its settlements will be retried. */
  readonly onFailed: () => void;
}

/** Deliveries per transaction. Others wait for it, and the rows of 20,000 hooks are spread over the whole table. */
export const DELIVERIES_MAX = 128;
/** Waiting accepts beyond which new ones are refused: first for tenants with waiting accepts, then for all. */
const WAITING_MAX = 4_096;
const WAITING_HARD_MAX = 2 * WAITING_MAX;
const RETRY_MS = 250;
/** The shortest time that a timer waits. */
const TIMER_MS = 1;

interface Waiting {
  readonly event: NewEvent;
  /** When it began to wait, by the monotonic clock. */
  readonly at: number;
  readonly resolve: (result: AcceptResult) => void;
  readonly reject: (error: BellwireError) => void;
}

const noAnswer = (outcome: string): BellwireError =>
  new BellwireError('storage_failed', `The database does not answer. ${outcome}`, {
    retry_after_s: DATABASE_RETRY_S,
  });

const notStored = () => noAnswer('Nothing was stored; send the event again.');

const maybeStored = () =>
  noAnswer(
    'The event may have been stored: send it again with the same idempotency key, which never stores it twice.',
  );

/**
 * Group commit: everything that arrives until the previous commit is on the disk is written in one transaction with one
 * fsync, and answered when that is on the disk. Nothing that happens later can make it look failed.
 */
export class GroupCommit {
  readonly #options: GroupCommitOptions;
  readonly #accepts = new AcceptQueue<Waiting>();
  readonly #settlements = new SettlementQueue();
  /** The settlements of the current commit. */
  #committing: readonly Settlement[] | null = null;
  /** The accepts of the current commit whose senders wait. */
  #unanswered = new Set<Waiting>();
  readonly #limit: AnswerLimit;
  readonly #drainers: (() => void)[] = [];
  #is_scheduled = false;
  /** No commit begins before, by the monotonic clock. */
  #rest_until = -Infinity;
  #is_paused = false;
  #is_abandoned = false;
  #last_items = 0;
  #cancelPause: (() => void) | null = null;

  constructor(options: GroupCommitOptions) {
    this.#options = options;
    const { clock, accept_wait_ms: limit_ms } = options;
    this.#limit = new AnswerLimit({ clock, limit_ms, onOver: () => this.#onOver() });
  }

  get waitingAccepts(): number {
    return this.#accepts.size;
  }

  /** The accepts and settlements of the last commit. */
  get lastItems(): number {
    return this.#last_items;
  }

  /**
   * Resolves once the event is durable, or refused by the store.
   * @throws BellwireError `overloaded` if too many wait, `storage_failed` if the commit failed, or if the database has not
   * answered in time: then the event may become durable later.
   */
  accept(event: NewEvent): Promise<AcceptResult> {
    if (this.#limit.isSilent()) return Promise.reject(notStored());
    // A tenant with nothing waiting is not refused because of what others send.
    const has_waiting = this.#accepts.hasWaiting(event);
    if (this.waitingAccepts >= (has_waiting ? WAITING_MAX : WAITING_HARD_MAX)) {
      return Promise.reject(
        new BellwireError(
          'overloaded',
          'Events arrive faster than they can be sent. Nothing was stored; try again after a second.',
          { retry_after_s: 1 },
        ),
      );
    }
    return new Promise((resolve, reject) => {
      this.#accepts.push({ event, at: this.#limit.now(), resolve, reject });
      this.#schedule();
    });
  }

  /** Settles a lease. Never fails: the settlement is retried until it is written. */
  settle(settlement: Settlement): void {
    this.#settlements.push(settlement);
    this.#schedule();
  }

  /** Checks again whether accepts may continue. */
  wake(): void {
    if (this.waitingAccepts > 0) this.#schedule();
  }

  /** Resolves when nothing is waiting. */
  drained(): Promise<void> {
    return this.#isDrained() ? Promise.resolve() : new Promise((resolve) => this.#drainers.push(resolve));
  }

  /** Ends without writing what waits. For shutdown with a failing database. */
  abandon(): void {
    this.#is_abandoned = true;
    this.#cancelPause?.();
    const error = new BellwireError(
      'storage_failed',
      'The server stopped before the event was stored. Send it again.',
    );
    for (const { reject } of this.#accepts.takeAll()) reject(error);
  }

  /** The deliveries with unwritten settlements. */
  *held(): Generator<string> {
    yield* this.#settlements.deliveryIds();
    for (const { delivery } of this.#committing ?? []) yield delivery.id;
  }

  #isDrained(): boolean {
    return this.waitingAccepts === 0 && this.#settlements.size === 0 && this.#committing === null;
  }

  #schedule(): void {
    if (this.#is_scheduled || this.#is_paused || this.#is_abandoned || this.#committing !== null) return;
    this.#is_scheduled = true;
    const { clock } = this.#options;
    const run = (): void => {
      this.#is_scheduled = false;
      if (!this.#is_abandoned) void this.#run();
    };
    const pause_ms = this.#rest_until - clock.monotonic();
    if (pause_ms < TIMER_MS) clock.soon(run);
    else clock.after(pause_ms, run);
  }

  async #run(): Promise<void> {
    const { admission } = this.#options;
    const accepts = this.#accepts.take(admission());
    const settlements = this.#settlements.take();
    if (accepts.length > 0 || settlements.length > 0) {
      this.#committing = settlements;
      this.#unanswered = new Set(accepts);
      this.#limit.began();
      const began_at = this.#options.clock.monotonic();
      const result = await this.#commit(accepts, settlements);
      this.#limit.ended({ is_committed: !(result instanceof BellwireError) });
      this.#committing = null;
      const ended_at = this.#options.clock.monotonic();
      const items = accepts.length + settlements.length;
      this.#last_items = items;
      this.#rest_until = ended_at + commitPauseMs({ items, took_ms: ended_at - began_at });
      if (result instanceof BellwireError) this.#onFailed(accepts, settlements, result);
      else this.#onCommitted(accepts, settlements, result);
      this.#unanswered.clear();
    }
    if (this.#settlements.size > 0 || this.#accepts.hasOpen(admission())) this.#schedule();
    if (this.#isDrained()) for (const drained of this.#drainers.splice(0)) drained();
  }

  /** Only the commit: a later error must not be taken for a failed commit. */
  async #commit(
    accepts: readonly Waiting[],
    settlements: readonly Settlement[],
  ): Promise<BatchResult | BellwireError> {
    const { store, clock, saturated_hooks } = this.#options;
    const now = clock.now();
    try {
      return await store.commitBatch({
        now,
        lease_until: now + LEASE_MS,
        events: accepts.map(({ event }) => event),
        settlements,
        saturated_hooks,
        max_deliveries: DELIVERIES_MAX,
      });
    } catch (error) {
      return coerceError(error, 'storage_failed');
    }
  }

  #onCommitted(accepts: readonly Waiting[], settlements: readonly Settlement[], result: BatchResult): void {
    for (const [index, settlement] of settlements.entries()) {
      const settled = result.settled[index];
      if (settled === undefined) continue;
      if (settled.kind === 'rejected') this.#onRejected(settlement, settled.error);
      else this.#notify(() => this.#options.onSettled(settlement, settled));
    }
    if (result.released.length > 0) this.#notify(() => this.#options.onReleased(result.released));
    const deferred: Waiting[] = [];
    for (const [index, waiting] of accepts.entries()) {
      const accepted = result.accepted[index];
      if (accepted === undefined) continue;
      if (accepted.kind === 'deferred') {
        // Its sender may have got an answer, and sends it again.
        if (this.#unanswered.has(waiting)) deferred.push(waiting);
        continue;
      }
      if (accepted.kind === 'accepted') this.#notify(() => this.#options.onAccepted(accepted, waiting.event));
      waiting.resolve(accepted);
    }
    this.#accepts.defer(deferred);
    if (result.has_fan_outs) this.#notify(this.#options.onFanOuts);
  }

  #onRejected(settlement: Settlement, error: BellwireError): void {
    const { log, onSettled } = this.#options;
    const simpler = simplerSettlement(settlement);
    log.error('the database refused to store a settlement', {
      delivery_id: settlement.delivery.id,
      code: error.code,
      reason: error.cause instanceof Error ? error.cause.message : error.message,
      next: simpler === null ? 'given up' : simpler.kind,
    });
    if (simpler === null) this.#notify(() => onSettled(settlement, { kind: 'stale' }));
    else this.#settlements.push(simpler);
  }

  /** Calls a listener after a commit. If it throws, the error is logged and the other listeners are still called. */
  #notify(listener: () => void): void {
    try {
      listener();
    } catch (error) {
      this.#options.log.error('a listener threw after a commit', { reason: String(error) });
    }
  }

  #onFailed(accepts: readonly Waiting[], settlements: readonly Settlement[], error: BellwireError): void {
    const { log, onFailed, onBroken } = this.#options;
    log.error('a commit failed; answered its accepts with an error', {
      code: error.code,
      reason: error.message,
      accepts: accepts.length,
      settlements: settlements.length,
    });
    for (const waiting of accepts) waiting.reject(error);
    this.#settlements.restore(settlements);
    this.#pause();
    this.#notify(onFailed);
    if (error.code === 'storage_broken') this.#notify(() => onBroken(error));
  }

  /** Rejects accepts that have waited too long. Events in the current commit are still sent if it succeeds. */
  #onOver(): boolean {
    const isOver = ({ at }: Waiting): boolean => this.#limit.isOver(at);
    for (const waiting of this.#unanswered) {
      if (isOver(waiting) && this.#unanswered.delete(waiting)) waiting.reject(maybeStored());
    }
    for (const waiting of this.#accepts.remove(isOver)) waiting.reject(notStored());
    return this.waitingAccepts > 0;
  }

  #pause(): void {
    this.#is_paused = true;
    this.#cancelPause = this.#options.clock.after(RETRY_MS, () => {
      this.#is_paused = false;
      this.#schedule();
    });
  }
}
