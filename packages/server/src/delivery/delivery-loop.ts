import type { Cluster } from '../core/cluster.ts';
import { recordMs } from '../core/commit-pause.ts';
import { hasSchedule } from '../core/event.ts';
import { BellwireError } from '../core/errors.ts';
import type { IdFactory } from '../core/ids.ts';
import { LEASE_MS } from '../core/lease.ts';
import { isSuspect } from '../core/suspicion.ts';
import type { Dialect } from '../dialects/dialect.ts';
import type { Hash } from '../ports/hash.ts';
import type { Random } from '../ports/random.ts';
import type { SchemaCheck } from '../ports/schema-check.ts';
import type {
  AcceptResult,
  AttemptRecord,
  HookSet,
  HookThrottle,
  Lease,
  LeasedDelivery,
  NewEvent,
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
import { HookThrottles } from './hook-throttles.ts';
import { manualClaimError } from './manual-claim-error.ts';
import { Notices } from './notices.ts';
import { Report, type ReportOptions } from './report.ts';
import { Scheduler } from './scheduler.ts';
import { Sweeper } from './sweeper.ts';

export interface DeliveryLoopOptions extends ReportOptions {
  readonly store: Store;
  readonly random: Random;
  readonly ids: IdFactory;
  readonly hash: Hash;
  readonly check: SchemaCheck;
  readonly dialects: ReadonlyMap<string, Dialect>;
  readonly createTransport: (onResults: (results: readonly SendResult[]) => void) => Transport;
  readonly limits: ConcurrencyLimits;
  /** The place of this node among those that share the database. */
  readonly cluster: Pick<Cluster, 'holdsLease' | 'shareOf'>;
  /** Maximum time for which the sender of an event waits for the database; null for no limit. */
  readonly accept_wait_ms: number | null;
  readonly user_agent: string;
  /** Override every dialect's schedule and timeout. */
  readonly retry_delays_ms: readonly number[] | null;
  readonly timeout_ms: number | null;
  readonly retention_ms: number | null;
  readonly payload_retention_ms: number | null;
  /** The database can no longer be trusted: the process must be restarted. */
  readonly onBroken: (error: BellwireError) => void;
}

export interface Gauges {
  readonly in_flight: number;
  readonly queued: number;
  readonly waiting_accepts: number;
}

/** Failed commits, 250 ms apart, after which shutdown gives up. */
const FAILED_COMMITS_MAX = 20;

/** The flow of events: accept, commit, schedule, attempt, settle, sweep. */
export class DeliveryLoop {
  readonly accept: Accept;
  /** Operational events. */
  readonly notices: Notices;
  readonly #options: DeliveryLoopOptions;
  readonly #runner: AttemptRunner;
  readonly #throttles: HookThrottles;
  readonly #scheduler: Scheduler;
  readonly #backpressure: Backpressure;
  readonly #group_commit: GroupCommit;
  readonly #fan_outs: FanOutRunner;
  readonly #claimer: Claimer;
  readonly #sweeper: Sweeper;
  readonly #transport: Transport;
  readonly #report: Report;
  readonly #attempts = new AttemptWatch();
  /** Claims in progress: shutdown waits for the deliveries that they return. */
  readonly #claims = new Set<Promise<unknown>>();
  readonly #idle: (() => void)[] = [];
  readonly #gave_up = Promise.withResolvers<void>();
  #is_stopping = false;
  #is_refilling = false;
  /** More deliveries of throttled hooks may be claimed. */
  #is_claimable = false;
  #failed_commits = 0;

  constructor(options: DeliveryLoopOptions) {
    this.#options = options;
    this.#report = new Report(options);
    const { clock } = options;
    this.#throttles = new HookThrottles({ ...options, onClaimable: () => this.#onClaimable() });
    options.store.watchThrottles((throttles) => this.#onThrottled(throttles));
    this.#runner = new AttemptRunner({
      ...options,
      isHeldBack: (delivery) => this.#throttles.isHeldBack(delivery),
      transport: () => this.#transport,
      settle: (settlement) => this.#group_commit.settle(settlement),
      onLeaseLost: (lease) => this.#onLeaseLost(lease),
    });
    this.#scheduler = new Scheduler({
      clock,
      limits: options.limits,
      throttles: this.#throttles,
      start: (batch) => this.#runner.start(batch),
    });
    this.#backpressure = new Backpressure({
      clock,
      scheduler: this.#scheduler,
      onRecheck: () => this.#onRecheck(),
      isWaitedFor: () => this.#group_commit.waitingAccepts > 0,
    });
    const saturated_hooks: HookSet = { has: (hook_id) => this.#scheduler.isSaturated(hook_id) };
    this.#group_commit = new GroupCommit({
      ...options,
      saturated_hooks,
      admission: () => this.#backpressure.admission(),
      onAccepted: (result, event) => this.#onAccepted(result, event),
      onSettled: (settlement, result) => this.#onSettled(settlement, result),
      onReleased: (released) => this.#offer(released),
      onFanOuts: () => this.#fan_outs.add(),
      onFailed: () => this.#onCommitFailed(),
    });
    this.notices = new Notices({ ...options, accept: (event) => this.#group_commit.accept(event) });
    this.#fan_outs = new FanOutRunner({
      ...options,
      saturated_hooks,
      admission: () => this.#backpressure.admission(),
      onLeased: (leased) => this.#offer(leased),
    });
    const shared = { ...options, scheduler: this.#scheduler };
    this.#claimer = new Claimer({ ...shared, onClaimed: (claimed) => this.#offer(claimed) });
    this.#sweeper = new Sweeper({
      ...shared,
      claimer: this.#claimer,
      held: () => new Set([...this.#scheduler.held(), ...this.#group_commit.held()]),
      returnUnsent: (leased) => this.#returnUnsent(leased),
    });
    this.#transport = options.createTransport((results) => this.#runner.onResults(results));
    this.accept = createAccept({
      ...options,
      group_commit: this.#group_commit,
      attempts: this.#attempts,
      isStopping: () => this.#is_stopping,
      onFilterFailed: (event, hook_id) => this.#report.filterFailed(event, hook_id),
    });
  }

  /**
   * Sends a delivery once, immediately (a manual attempt). A failure leaves the delivery as it was.
   * @throws BellwireError `not_found`, `delivery_in_flight`, `delivery_canceled`, `payload_expired`,
   * `shutting_down`.
   */
  redeliver(workspace_id: string, delivery_id: string): Promise<SingleDelivery> {
    return this.#tracked(this.#redeliver(workspace_id, delivery_id));
  }

  /** Releases the leases of dead processes. Call it once, before anything else. */
  async start(): Promise<void> {
    const { store, clock, log } = this.#options;
    let released = 0;
    for (let some = -1; some !== 0; released += some) {
      some = await store.releaseLeases({ now: clock.now(), of: 'dead_nodes' });
    }
    if (released > 0) log.warn('took over the deliveries of a process that did not shut down', { released });
    this.#fan_outs.wake();
  }

  async sweep(): Promise<void> {
    if (this.#is_stopping) return;
    this.#fan_outs.add();
    this.#runner.returnExpiring();
    await this.#tracked(this.#sweeper.run());
    this.#report.flush();
    this.notices.flush();
  }

  /**
   * Shuts down gracefully: refuses new events, waits for attempts to end and be recorded, and returns the rest to the
   * store. Nothing is lost or sent twice.
   * @throws BellwireError `storage_failed` if attempts could not be recorded.
   */
  async stop(): Promise<void> {
    this.#is_stopping = true;
    this.#throttles.close();
    this.#backpressure.lift();
    this.#group_commit.wake();
    await this.#fan_outs.stop();
    this.#returnUnsent(this.#scheduler.close());
    this.#runner.returnWaiting();
    await Promise.allSettled(this.#claims);
    await Promise.race([this.#recorded(), this.#gave_up.promise]);
    await this.#transport.close();
    this.#report.flush(true);
    if (this.#failed_commits >= FAILED_COMMITS_MAX) {
      this.#group_commit.abandon();
      this.#attempts.endAll();
      throw new BellwireError(
        'storage_failed',
        'Could not write the last attempts to the database. Nothing is lost: the next start records them as interrupted and sends them again.',
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

  async #recorded(): Promise<void> {
    await this.#whenIdle();
    await this.#group_commit.drained();
    this.notices.flush(true);
    await this.notices.drained();
    // The first deliveries of the notices are returned unsent.
    await this.#group_commit.drained();
  }

  async #redeliver(workspace_id: string, delivery_id: string): Promise<SingleDelivery> {
    if (this.#is_stopping) throw shuttingDown();
    const { store, clock } = this.#options;
    const now = clock.now();
    const claim = await store.claimManually({ now, lease_until: now + LEASE_MS, workspace_id, delivery_id });
    if (claim.kind !== 'leased') throw manualClaimError(claim, delivery_id);
    const attempt = this.#attempts.watch(claim.leased);
    this.#offer([claim.leased]);
    return { delivery: claim.leased.delivery, attempt };
  }

  // A claim can end after shutdown has emptied the queues: its deliveries would never be sent.
  #offer(leased: readonly LeasedDelivery[]): void {
    this.#report.leased(leased);
    this.#returnUnsent(this.#is_stopping ? leased : this.#scheduler.offer(leased));
  }

  #returnUnsent(leased: readonly LeasedDelivery[]): void {
    for (const { delivery, lease_token } of leased) {
      // A suspect that did not fit the queue backs off: if it were due at once, it would be claimed again at once.
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

  #onRecheck(): void {
    this.#returnUnsent(this.#scheduler.shedOverflow());
    this.#group_commit.wake();
    this.#fan_outs.wake();
  }

  #onAccepted({ receipt, leased }: Extract<AcceptResult, { kind: 'accepted' }>, event: NewEvent): void {
    // Watched before it can be sent: the caller learns of its delivery only in a later turn of the event loop.
    for (const lease of leased) {
      if (!hasSchedule(lease.delivery.trigger)) void this.#attempts.watch(lease);
    }
    this.#offer(leased);
    this.#report.accepted(event, receipt, leased);
  }

  #onSettled(settlement: Settlement, result: SettleResult): void {
    this.#releaseSlot(settlement, settlement.kind === 'attempted' ? settlement.attempt : null);
    this.#report.settled(settlement, result);
    this.notices.settled(settlement, result);
  }

  /**
   * A slot is released when its attempt is recorded, not when the receiver answers: a crash then repeats no more
   * deliveries than there are slots, and a failing database stops sending.
   */
  #releaseSlot(lease: Lease, attempt: AttemptRecord | null): void {
    const attempt_ms = attempt?.timings?.total_ms ?? null;
    const record_ms = recordMs(this.#group_commit.lastItems);
    this.#scheduler.releaseSlot(lease, attempt_ms === null ? null : attempt_ms + record_ms);
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
      while (this.#is_claimable && !this.#is_stopping) {
        this.#is_claimable = false;
        await this.#tracked(this.#claimer.claimFor(this.#throttles.takeClaimable()));
      }
    } catch (error) {
      this.#options.log.warn('could not claim more of a backlog; the next sweep tries again', {
        reason: String(error),
      });
    } finally {
      this.#is_refilling = false;
    }
  }

  #onClaimable(): void {
    this.#is_claimable = true;
    void this.#refill();
  }

  #onThrottled(throttles: readonly HookThrottle[]): void {
    for (const throttle of throttles) {
      this.#report.breaker(throttle, this.#throttles.update(throttle));
      if (throttle.state === 'open') this.#returnUnsent(this.#scheduler.takeQueued(throttle.hook_id));
    }
  }

  #whenIdle(): Promise<void> {
    return this.#scheduler.inFlight === 0
      ? Promise.resolve()
      : new Promise((resolve) => this.#idle.push(resolve));
  }
}
