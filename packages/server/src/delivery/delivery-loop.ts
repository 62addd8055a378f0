import { BellwireError } from '../core/errors.ts';
import type { Delivery } from '../core/delivery.ts';
import type { IdFactory } from '../core/ids.ts';
import type { Dialect } from '../dialects/dialect.ts';
import { type Accept, createAccept, shuttingDown } from './accept.ts';
import { createAttempts } from './attempt-runner.ts';
import { createDispatch } from './scheduler.ts';
import type { LaneLimits } from './hook-queue.ts';
import type { Clock } from '../ports/clock.ts';
import type { Hash } from '../ports/hash.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import type { SchemaCheck } from '../ports/schema-check.ts';
import type { AttemptRecord, LeasedDelivery, Store } from '../ports/store.ts';
import type { SendResult, Transport } from '../ports/transport.ts';
import { createSweep } from './sweeper.ts';
import { createGroupCommit } from './group-commit.ts';

export interface DeliveryLoopOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly ids: IdFactory;
  readonly hash: Hash;
  readonly check: SchemaCheck;
  readonly dialects: ReadonlyMap<string, Dialect>;
  readonly createTransport: (onResults: (results: readonly SendResult[]) => void) => Transport;
  readonly limits: LaneLimits;
  readonly user_agent: string;
  /** Replace every dialect's own schedule and time-out. */
  readonly retry_delays_ms: readonly number[] | null;
  readonly timeout_ms: number | null;
  readonly retention_ms: number | null;
  /** Told of every settled attempt; must not throw. */
  readonly observe: (observation: Observation) => void;
  /** The database cannot be trusted any more: the process must end and start anew. */
  readonly onBroken: (error: BellwireError) => void;
}

/** What the metrics and the log learn. */
export type Observation =
  | { readonly kind: 'accepted'; readonly deliveries: number }
  | {
      readonly kind: 'attempted';
      readonly outcome: string;
      readonly duration_ms: number;
      readonly status: string;
    }
  | { readonly kind: 'stale' };

export interface Gauges {
  readonly in_flight: number;
  readonly queued: number;
  readonly waiting_accepts: number;
}

/** The verbs of Bellwire. */
export interface DeliveryLoop {
  readonly accept: Accept;
  /**
   * Sends one delivery again, now, by hand.
   * @throws BellwireError `not_found`, `delivery_in_flight`, `delivery_canceled`, `shutting_down`.
   */
  readonly redeliver: (workspace_id: string, delivery_id: string) => Promise<void>;
  /** Takes over what a dead process held. To be called once, before anything else. */
  readonly start: () => Promise<void>;
  readonly sweep: () => Promise<void>;
  /**
   * Refuses new events, lets attempts end, records them, gives the rest back. Loses and doubles nothing.
   * @throws BellwireError `storage_failed` when they could not be recorded.
   */
  readonly stop: () => Promise<void>;
  readonly gauges: () => Gauges;
  /**
   * The next attempt of a delivery that was accepted in this turn of the event loop (sending begins in the next);
   * null when it was not sent.
   */
  readonly attemptOf: (delivery_id: string) => Promise<AttemptRecord | null>;
}

/** Longer than the longest attempt (60 s) and its way through memory. */
const LEASE_MS = 90_000;
/** Due deliveries in memory above which accepts wait: without this, accepting starves sending. */
const ACCEPT_GATE = 256;
/** Settlements that wait for the database above which nothing more is sent. */
const MOST_IN_MEMORY = 4_096;
const GATE_RECHECK_MS = 50;
/** Commits that may fail while stopping, a quarter of a second apart. */
const MOST_FAILED_COMMITS = 20;

export const createDeliveryLoop = (options: DeliveryLoopOptions): DeliveryLoop => {
  const { store, clock, log, ids } = options;
  let stopping = false;
  let failed_commits = 0;
  const gave_up = Promise.withResolvers<void>();
  let gate_timer: (() => void) | null = null;

  const giveBack = (leased: readonly LeasedDelivery[]): void => {
    for (const { delivery, lease_token } of leased) turns.settle({ kind: 'returned', delivery, lease_token });
  };

  const dispatch = createDispatch({
    clock,
    limits: options.limits,
    start: (batch) => void attempts.start(batch),
  });

  // Claims can end after a stop has emptied the queues: nobody would send what they bring.
  const offer = (leased: readonly LeasedDelivery[]): void => {
    if (stopping) giveBack(leased);
    else dispatch.offer(leased);
  };

  const claims = new Set<Promise<unknown>>();
  /** Makes a stop wait for a claim. */
  const tracked = async <T>(claim: Promise<T>): Promise<T> => {
    claims.add(claim);
    try {
      return await claim;
    } finally {
      claims.delete(claim);
    }
  };

  // Slow hooks close the gate only until they are seen to be slow, so it is looked at again while accepts wait.
  const watchGate = (): void => {
    gate_timer ??= clock.after(GATE_RECHECK_MS, () => {
      gate_timer = null;
      giveBack(dispatch.spill());
      turns.wake();
      if (turns.waitingAccepts() > 0) watchGate();
    });
  };

  const mayAccept = (): boolean => {
    if (dispatch.queued() <= ACCEPT_GATE || dispatch.due() <= ACCEPT_GATE || stopping) return true;
    watchGate();
    return false;
  };

  const waiting = new Map<string, (attempt: AttemptRecord | null) => void>();

  /**
   * A place is free when its attempt is recorded, not when it is answered: what a crash can double is then no more than
   * the places there are, and a database that fails stops the sending by itself.
   */
  const freePlace = ({ id, hook_id }: Delivery, attempt: AttemptRecord | null): void => {
    dispatch.finish(id, hook_id);
    waiting.get(id)?.(attempt);
    waiting.delete(id);
    turns.wake();
    void refill();
    if (dispatch.inFlight() === 0) for (const resolve of idle.splice(0)) resolve();
  };

  const turns = createGroupCommit({
    store,
    clock,
    log,
    mayAccept,
    fullHooks: dispatch.fullHooks,
    lease_ms: LEASE_MS,
    onBroken: options.onBroken,
    onFailed: () => {
      if (stopping && (failed_commits += 1) >= MOST_FAILED_COMMITS) gave_up.resolve();
    },
    onAccepted: (result) => {
      if (result.kind !== 'accepted') return;
      options.observe({ kind: 'accepted', deliveries: result.receipt.deliveries });
      offer(result.leased);
    },
    onSettled: (settlement, result) => {
      freePlace(settlement.delivery, settlement.kind === 'attempted' ? settlement.attempt : null);
      if (result.kind === 'stale') {
        options.observe({ kind: 'stale' });
        log.warn('an attempt ended after its lease had passed to another; it was not recorded', {
          delivery_id: settlement.delivery.id,
        });
        return;
      }
      if (settlement.kind !== 'attempted') return;
      options.observe({
        kind: 'attempted',
        outcome: settlement.attempt.outcome.kind,
        duration_ms: settlement.attempt.timings?.total_ms ?? 0,
        status: result.status,
      });
      if (result.disabled !== null) {
        log.warn('a hook was disabled', { hook_id: settlement.delivery.hook_id, reason: result.disabled });
      }
    },
  });

  const sweep = createSweep({
    store,
    clock,
    log,
    dispatch,
    lease_ms: LEASE_MS,
    retention_ms: options.retention_ms,
    onClaimed: offer,
    onSpilled: giveBack,
    most: MOST_IN_MEMORY,
  });

  let refilling = false;
  const refill = async (): Promise<void> => {
    if (refilling || stopping) return;
    refilling = true;
    try {
      await tracked(sweep.refill());
    } catch (error) {
      log.warn('a backlog could not be read; the sweep tries again', { reason: String(error) });
    } finally {
      refilling = false;
    }
  };

  const idle: (() => void)[] = [];
  const attempts = createAttempts({
    store,
    clock,
    random: options.random,
    log,
    ids,
    dialects: options.dialects,
    user_agent: options.user_agent,
    retry_delays_ms: options.retry_delays_ms,
    timeout_ms: options.timeout_ms,
    transport: () => transport,
    settle: turns.settle,
    onLeasePassed: (delivery) => freePlace(delivery, null),
  });

  const transport = options.createTransport(attempts.onResults);

  const noneInFlight = (): Promise<void> =>
    dispatch.inFlight() === 0 ? Promise.resolve() : new Promise((resolve) => idle.push(resolve));

  const redeliver = async (workspace_id: string, delivery_id: string): Promise<void> => {
    if (stopping) throw shuttingDown();
    const now = clock.now();
    const claim = await store.claimManually({ now, lease_until: now + LEASE_MS, workspace_id, delivery_id });
    switch (claim.kind) {
      case 'leased':
        offer([claim.leased]);
        return;
      case 'not_found':
        throw new BellwireError('not_found', `There is no delivery ${delivery_id} in this workspace.`);
      case 'in_flight':
        throw new BellwireError(
          'delivery_in_flight',
          `The delivery ${delivery_id} is being sent at this moment. Look at it again in a few seconds.`,
        );
      case 'canceled':
        throw new BellwireError(
          'delivery_canceled',
          `The delivery ${delivery_id} cannot be sent again: its hook was deleted.`,
        );
    }
  };

  return {
    accept: createAccept({
      store,
      turns,
      clock,
      ids,
      hash: options.hash,
      check: options.check,
      isStopping: () => stopping,
    }),
    redeliver: (workspace_id, delivery_id) => tracked(redeliver(workspace_id, delivery_id)),
    start: async () => {
      const released = await store.releaseLeases({ now: clock.now(), expired_before: null });
      if (released > 0)
        log.warn('took over deliveries of a process that ended without stopping', { released });
    },
    sweep: async () => {
      if (!stopping) await tracked(sweep.run());
    },
    stop: async () => {
      stopping = true;
      gate_timer?.();
      turns.wake();
      giveBack(dispatch.close());
      await Promise.allSettled(claims);
      const recorded = noneInFlight().then(turns.drained);
      await Promise.race([recorded, gave_up.promise]);
      await transport.close();
      if (failed_commits >= MOST_FAILED_COMMITS) {
        throw new BellwireError(
          'storage_failed',
          'The last attempts could not be recorded, because the database cannot be written. Nothing is lost: the next start takes them for interrupted and makes them again.',
        );
      }
    },
    attemptOf: (delivery_id) => new Promise((resolve) => waiting.set(delivery_id, resolve)),
    gauges: () => ({
      in_flight: dispatch.inFlight(),
      queued: dispatch.queued(),
      waiting_accepts: turns.waitingAccepts(),
    }),
  };
};
