import { BellwireError } from '../core/errors.ts';
import type { IdFactory } from '../core/ids.ts';
import { LEASE_MS } from '../core/lease.ts';
import { isSuspect } from '../core/suspicion.ts';
import type { Dialect } from '../dialects/dialect.ts';
import type { Clock } from '../ports/clock.ts';
import type { Hash } from '../ports/hash.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import type { SchemaCheck } from '../ports/schema-check.ts';
import type {
  AcceptResult,
  AttemptRecord,
  Lease,
  LeasedDelivery,
  Settlement,
  SettleResult,
  Store,
} from '../ports/store.ts';
import type { SendResult, Transport } from '../ports/transport.ts';
import { type Accept, createAccept, shuttingDown, type SingleDelivery } from './accept.ts';
import { AttemptRunner } from './attempt-runner.ts';
import { AttemptWatch } from './attempt-watch.ts';
import { Backpressure } from './backpressure.ts';
import { Claimer } from './claimer.ts';
import { FanOutRunner } from './fan-out-runner.ts';
import { GroupCommit } from './group-commit.ts';
import type { ConcurrencyLimits } from './hook-queue.ts';
import { type Observation, Report } from './report.ts';
import { Scheduler } from './scheduler.ts';
import { Sweeper } from './sweeper.ts';

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
  readonly limits: ConcurrencyLimits;
  readonly user_agent: string;
  /** Replace every dialect's own schedule and time-out. */
  readonly retry_delays_ms: readonly number[] | null;
  readonly timeout_ms: number | null;
  readonly retention_ms: number | null;
  /** Told of every accepted event and settled attempt. */
  readonly observe: (observation: Observation) => void;
  /** The database cannot be trusted any more: the process must end and be started again. */
  readonly onBroken: (error: BellwireError) => void;
}

export interface Gauges {
  readonly in_flight: number;
  readonly queued: number;
  readonly waiting_accepts: number;
}

/** Commits that may fail while stopping, a quarter of a second apart. */
const FAILED_COMMITS_MAX = 20;

/** The flow of events: accept, commit, schedule, attempt, settle, sweep. */
export class DeliveryLoop {
  readonly accept: Accept;
  readonly #options: DeliveryLoopOptions;
  readonly #scheduler: Scheduler;
  readonly #backpressure: Backpressure;
  readonly #group_commit: GroupCommit;
  readonly #fan_outs: FanOutRunner;
  readonly #claimer: Claimer;
  readonly #sweeper: Sweeper;
  readonly #transport: Transport;
  readonly #report: Report;
  readonly #attempts = new AttemptWatch();
  /** Claims under way: a stop waits for what they bring. */
  readonly #claims = new Set<Promise<unknown>>();
  readonly #idle: (() => void)[] = [];
  readonly #gave_up = Promise.withResolvers<void>();
  #is_stopping = false;
  #is_refilling = false;
  #failed_commits = 0;

  constructor(options: DeliveryLoopOptions) {
    this.#options = options;
    this.#report = new Report(options);
    const { clock } = options;
    const runner = new AttemptRunner({
      ...options,
      transport: () => this.#transport,
      settle: (settlement) => this.#group_commit.settle(settlement),
      onLeaseLost: (lease) => this.#onLeaseLost(lease),
    });
    this.#scheduler = new Scheduler({
      clock,
      limits: options.limits,
      start: (batch) => void runner.start(batch),
    });
    this.#backpressure = new Backpressure({
      clock,
      scheduler: this.#scheduler,
      onRecheck: () => this.#onRecheck(),
      isWaitedFor: () => this.#group_commit.waitingAccepts > 0,
    });
    const saturatedHooks = () => this.#scheduler.saturatedHooks();
    this.#group_commit = new GroupCommit({
      ...options,
      saturatedHooks,
      admits: () => this.#backpressure.admits(),
      onAccepted: (result) => this.#onAccepted(result),
      onSettled: (settlement, result) => this.#onSettled(settlement, result),
      onFanOuts: () => this.#fan_outs.add(),
      onFailed: () => this.#onCommitFailed(),
    });
    this.#fan_outs = new FanOutRunner({
      ...options,
      saturatedHooks,
      mayContinue: () => this.#backpressure.hasRoom(),
      onLeased: (leased) => this.#offer(leased),
    });
    const scheduler = this.#scheduler;
    this.#claimer = new Claimer({ ...options, scheduler, onClaimed: (claimed) => this.#offer(claimed) });
    this.#sweeper = new Sweeper({
      ...options,
      scheduler,
      claimer: this.#claimer,
      held: () => new Set([...scheduler.held(), ...this.#group_commit.held()]),
      giveBack: (leased) => this.#giveBack(leased),
    });
    this.#transport = options.createTransport((results) => runner.onResults(results));
    this.accept = createAccept({
      ...options,
      group_commit: this.#group_commit,
      attempts: this.#attempts,
      isStopping: () => this.#is_stopping,
    });
  }

  /**
   * Makes one manual attempt of a delivery, now. A failure leaves the delivery as it was.
   * @throws BellwireError `not_found`, `delivery_in_flight`, `delivery_canceled`, `shutting_down`.
   */
  redeliver(workspace_id: string, delivery_id: string): Promise<SingleDelivery> {
    return this.#tracked(this.#redeliver(workspace_id, delivery_id));
  }

  /** Takes over what a dead process held. To be called once, before anything else. */
  async start(): Promise<void> {
    const { store, clock, log } = this.#options;
    let released = 0;
    for (let some = -1; some !== 0; released += some) {
      some = await store.releaseLeases({ now: clock.now(), of: 'dead_nodes' });
    }
    if (released > 0) log.warn('took over deliveries of a process that ended without stopping', { released });
    this.#fan_outs.wake();
  }

  async sweep(): Promise<void> {
    if (this.#is_stopping) return;
    this.#fan_outs.wake();
    await this.#tracked(this.#sweeper.run());
  }

  /**
   * Refuses new events, lets attempts end, records them, gives the rest back. Loses and doubles nothing.
   * @throws BellwireError `storage_failed` when they could not be recorded.
   */
  async stop(): Promise<void> {
    this.#is_stopping = true;
    this.#backpressure.lift();
    this.#group_commit.wake();
    await this.#fan_outs.stop();
    this.#giveBack(this.#scheduler.close());
    await Promise.allSettled(this.#claims);
    const recorded = this.#noneInFlight().then(() => this.#group_commit.drained());
    await Promise.race([recorded, this.#gave_up.promise]);
    await this.#transport.close();
    if (this.#failed_commits >= FAILED_COMMITS_MAX) {
      this.#group_commit.abandon();
      this.#attempts.endAll();
      throw new BellwireError(
        'storage_failed',
        'The last attempts could not be recorded, because the database cannot be written. Nothing is lost: the next start counts them as interrupted and makes them again.',
      );
    }
  }

  gauges(): Gauges {
    return {
      in_flight: this.#scheduler.inFlight,
      queued: this.#scheduler.queued,
      waiting_accepts: this.#group_commit.waitingAccepts,
    };
  }

  async #redeliver(workspace_id: string, delivery_id: string): Promise<SingleDelivery> {
    if (this.#is_stopping) throw shuttingDown();
    const { store, clock } = this.#options;
    const now = clock.now();
    const claim = await store.claimManually({ now, lease_until: now + LEASE_MS, workspace_id, delivery_id });
    switch (claim.kind) {
      case 'leased': {
        const attempt = this.#attempts.watch(claim.leased);
        this.#offer([claim.leased]);
        return { delivery_id, attempt };
      }
      case 'not_found':
        throw new BellwireError('not_found', `There is no delivery ${delivery_id} in this workspace.`);
      case 'in_flight':
        throw new BellwireError(
          'delivery_in_flight',
          `The delivery ${delivery_id} is being sent at this moment. Try again in a few seconds.`,
        );
      case 'canceled':
        throw new BellwireError(
          'delivery_canceled',
          `The delivery ${delivery_id} cannot be sent again: its hook was deleted.`,
        );
    }
  }

  // Claims can end after a stop has emptied the queues: what they bring would never be sent.
  #offer(leased: readonly LeasedDelivery[]): void {
    this.#giveBack(this.#is_stopping ? leased : this.#scheduler.offer(leased));
  }

  #giveBack(leased: readonly LeasedDelivery[]): void {
    for (const { delivery, lease_token } of leased) {
      // Suspects wait for their turn in a thread that they may kill: due at once, they would be claimed at once.
      const reason = isSuspect(delivery) && !this.#is_stopping ? 'sender_died' : null;
      this.#group_commit.settle({ kind: 'returned', delivery, lease_token, reason });
    }
  }

  async #tracked<T>(claim: Promise<T>): Promise<T> {
    this.#claims.add(claim);
    try {
      return await claim;
    } finally {
      this.#claims.delete(claim);
    }
  }

  /** Looks at slow hooks again while accepts wait for them. */
  #onRecheck(): void {
    this.#giveBack(this.#scheduler.shedOverflow());
    this.#group_commit.wake();
    this.#fan_outs.wake();
  }

  #onAccepted({ receipt, leased }: Extract<AcceptResult, { kind: 'accepted' }>): void {
    // Watched before it can be sent: the caller learns of its delivery only in a later turn.
    for (const lease of leased) {
      if (lease.delivery.trigger !== 'scheduled') void this.#attempts.watch(lease);
    }
    this.#offer(leased);
    this.#report.accepted(receipt);
  }

  #onSettled(settlement: Settlement, result: SettleResult): void {
    this.#releaseSlot(settlement, settlement.kind === 'attempted' ? settlement.attempt : null);
    this.#report.settled(settlement, result);
  }

  /**
   * A slot is free when its attempt is recorded, not when it is answered: a crash then doubles no more deliveries than
   * there are slots, and a database that fails stops the sending by itself.
   */
  #releaseSlot(lease: Lease, attempt: AttemptRecord | null): void {
    this.#scheduler.releaseSlot(lease);
    this.#attempts.end(lease, attempt);
    this.#group_commit.wake();
    this.#fan_outs.wake();
    void this.#refill();
    if (this.#scheduler.inFlight === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  #onLeaseLost(lease: Lease): void {
    this.#report.leaseLost(lease.delivery);
    this.#releaseSlot(lease, null);
  }

  #onCommitFailed(): void {
    if (!this.#is_stopping) return;
    this.#failed_commits += 1;
    if (this.#failed_commits >= FAILED_COMMITS_MAX) this.#gave_up.resolve();
  }

  async #refill(): Promise<void> {
    if (this.#is_refilling || this.#is_stopping) return;
    this.#is_refilling = true;
    try {
      await this.#tracked(this.#claimer.refill());
    } catch (error) {
      this.#options.log.warn('a backlog could not be read; the sweep tries again', { reason: String(error) });
    } finally {
      this.#is_refilling = false;
    }
  }

  #noneInFlight(): Promise<void> {
    return this.#scheduler.inFlight === 0
      ? Promise.resolve()
      : new Promise((resolve) => this.#idle.push(resolve));
  }
}
