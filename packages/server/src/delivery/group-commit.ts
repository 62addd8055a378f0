import { BellwireError, coerceError } from '../core/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { AcceptResult, NewEvent, Settlement, SettleResult, Store, BatchResult } from '../ports/store.ts';
import { createFairQueue } from './fair-queue.ts';

/**
 * Group commit: what one turn of the event loop accepts and settles is written in one transaction, so that one fsync
 * serves all of it, and answered after it.
 */
export interface GroupCommit {
  /**
   * Resolves once the event is durable, or refused by the store.
   * @throws BellwireError `overloaded` when too many wait, `storage_failed` when the commit failed.
   */
  readonly accept: (event: NewEvent) => Promise<AcceptResult>;
  /** Settles a lease. Never fails: a settlement whose commit failed is tried again until it is written. */
  readonly settle: (settlement: Settlement) => void;
  /** Looks again whether accepts may go on. */
  readonly wake: () => void;
  readonly waitingAccepts: () => number;
  /** Resolves when nothing waits any more. */
  readonly drained: () => Promise<void>;
}

export interface GroupCommitOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** Accepts wait while this is false; settlements never do. */
  readonly mayAccept: () => boolean;
  readonly fullHooks: () => ReadonlySet<string>;
  readonly onAccepted: (result: AcceptResult) => void;
  readonly onSettled: (settlement: Settlement, result: SettleResult) => void;
  /** The database cannot be trusted any more. */
  readonly onBroken: (error: BellwireError) => void;
  /** A commit failed; what it should have settled is tried again. */
  readonly onFailed: () => void;
  readonly lease_ms: number;
}

/** Events in one transaction: enough that the fsync is shared, few enough that the loop is not held. */
const MOST_EVENTS = 256;
/** Accepts that may wait before new ones are turned away. */
const MOST_WAITING = 4_096;
const RETRY_SETTLEMENTS_MS = 250;

interface Waiting {
  readonly event: NewEvent;
  readonly resolve: (result: AcceptResult) => void;
  readonly reject: (error: BellwireError) => void;
}

export const createGroupCommit = (options: GroupCommitOptions): GroupCommit => {
  const { store, clock } = options;
  // Workspaces take turns, so that one that dumps thousands of events does not keep the others waiting.
  const accepts = createFairQueue<Waiting>();
  let settlements: Settlement[] = [];
  const drainers: (() => void)[] = [];
  let scheduled = false;
  let committing = false;
  let paused = false;

  const isDrained = (): boolean => accepts.size() === 0 && settlements.length === 0 && !committing;

  const schedule = (): void => {
    if (scheduled || committing || paused) return;
    scheduled = true;
    clock.soon(() => {
      scheduled = false;
      void run();
    });
  };

  const pause = (): void => {
    paused = true;
    clock.after(RETRY_SETTLEMENTS_MS, () => {
      paused = false;
      schedule();
    });
  };

  const succeed = (batch: readonly Waiting[], ended: readonly Settlement[], result: BatchResult): void => {
    for (const [index, settlement] of ended.entries()) {
      const settled = result.settled[index];
      if (settled !== undefined) options.onSettled(settlement, settled);
    }
    for (const [index, waiting] of batch.entries()) {
      const accepted = result.accepted[index];
      if (accepted === undefined) continue;
      waiting.resolve(accepted);
      options.onAccepted(accepted);
    }
  };

  const fail = (batch: readonly Waiting[], ended: readonly Settlement[], thrown: unknown): void => {
    const error = coerceError(thrown, 'storage_failed');
    options.log.error('a commit failed; its accepts were answered with an error', {
      code: error.code,
      reason: error.message,
      accepts: batch.length,
      settlements: ended.length,
    });
    for (const waiting of batch) waiting.reject(error);
    settlements = [...ended, ...settlements];
    pause();
    options.onFailed();
    if (error.code === 'storage_broken') options.onBroken(error);
  };

  const run = async (): Promise<void> => {
    const batch = options.mayAccept() ? accepts.take(MOST_EVENTS) : [];
    const ended = settlements;
    settlements = [];
    if (batch.length > 0 || ended.length > 0) {
      committing = true;
      const now = clock.now();
      try {
        const result = await store.commitBatch({
          now,
          lease_until: now + options.lease_ms,
          events: batch.map(({ event }) => event),
          settlements: ended,
          full_hooks: options.fullHooks(),
        });
        committing = false;
        succeed(batch, ended, result);
      } catch (error) {
        committing = false;
        fail(batch, ended, error);
      }
    }
    if (settlements.length > 0 || (accepts.size() > 0 && options.mayAccept())) schedule();
    if (isDrained()) for (const drained of drainers.splice(0)) drained();
  };

  return {
    accept: (event) => {
      // A workspace of which nothing waits is not turned away for what others send.
      if (accepts.size() >= MOST_WAITING && accepts.sizeOf(event.workspace_id) > 0) {
        return Promise.reject(
          new BellwireError(
            'overloaded',
            'Events come in faster than they can be sent. Nothing was stored; send this one again after a second.',
            { retry_after_s: 1 },
          ),
        );
      }
      return new Promise((resolve, reject) => {
        accepts.push(event.workspace_id, { event, resolve, reject });
        schedule();
      });
    },
    settle: (settlement) => {
      settlements.push(settlement);
      schedule();
    },
    wake: () => {
      if (accepts.size() > 0) schedule();
    },
    waitingAccepts: accepts.size,
    drained: () => (isDrained() ? Promise.resolve() : new Promise((resolve) => drainers.push(resolve))),
  };
};
