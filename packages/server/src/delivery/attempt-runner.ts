import type { Cluster } from '../core/cluster.ts';
import type { Delivery, WaitReason } from '../core/delivery.ts';
import { type Event, hasSchedule } from '../core/event.ts';
import type { SendableHook } from '../core/hook.ts';
import type { IdFactory } from '../core/ids.ts';
import { coversAttempt, LEASE_MS } from '../core/lease.ts';
import { ownerOf } from '../core/owner.ts';
import { parseRetryAfter } from '../core/retry-after.ts';
import { createRedact, type Redact } from '../core/redact.ts';
import type { RetryPolicy } from '../core/retry-schedule.ts';
import type { Dialect } from '../dialects/dialect.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import type { Lease, LeasedDelivery, RecordedRequest, Settlement, Store } from '../ports/store.ts';
import type { CapturedResponse, SendResult, Transport, TransportHeaders } from '../ports/transport.ts';
import { type Prepared, prepareRequest } from './prepare-request.ts';
import { UnloadedSends } from './unloaded-sends.ts';

export interface AttemptRunnerOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly ids: IdFactory;
  readonly transport: () => Transport;
  readonly dialects: ReadonlyMap<string, Dialect>;
  readonly user_agent: string;
  /** Override every dialect's own. */
  readonly retry_delays_ms: readonly number[] | null;
  readonly timeout_ms: number | null;
  /** Whether a breaker has opened since the delivery was leased. */
  readonly isHeldBack: (delivery: Delivery) => boolean;
  readonly settle: (settlement: Settlement) => void;
  /** Another node took over the lease before the delivery was sent, so this node does not settle it. */
  readonly onLeaseLost: (lease: Lease) => void;
  readonly cluster: Pick<Cluster, 'holdsLease'>;
}

/** An attempt that is ready to be sent, or in flight. */
interface Flight {
  readonly leased: LeasedDelivery;
  readonly hook: SendableHook;
  readonly prepared: Prepared;
  readonly policy: RetryPolicy;
  readonly started_at: number;
}

interface Loaded {
  readonly hooks: ReadonlyMap<string, SendableHook | null>;
  readonly events: ReadonlyMap<string, Event>;
}

/** A hook that is no longer active receives only manual attempts and test sends. */
const mayBeSent = ({ delivery }: LeasedDelivery, hook: SendableHook): boolean =>
  hook.status === 'active' || !hasSchedule(delivery.trigger);

/** The request with the headers that the transport added, in the order in which they were sent. */
const asWritten = (recorded: RecordedRequest, added: TransportHeaders | null): RecordedRequest =>
  added === null
    ? recorded
    : { ...recorded, headers: { ...added.first, ...recorded.headers, ...added.last } };

/** The same object if it contains no secret, as nearly always. */
const redactResponse = (response: CapturedResponse, redact: Redact): CapturedResponse => {
  const body = redact(response.body);
  let headers: Record<string, string> | null = null;
  for (const [name, value] of Object.entries(response.headers)) {
    const shown = redact(value);
    if (shown !== value) (headers ??= { ...response.headers })[name] = shown;
  }
  if (body === response.body && headers === null) return response;
  return { ...response, headers: headers ?? response.headers, body };
};

/** Runs attempts: load, prepare, send, settle. First attempts and retries take the same path. */
export class AttemptRunner {
  readonly #options: AttemptRunnerOptions;
  /** By attempt id. */
  readonly #flights = new Map<string, Flight>();
  /** The store returns the same object until a hook changes. */
  readonly #redacts = new WeakMap<SendableHook, Redact | null>();

  readonly #unloaded: UnloadedSends;

  constructor(options: AttemptRunnerOptions) {
    this.#options = options;
    this.#unloaded = new UnloadedSends({ ...options, start: (leased) => this.#start(leased) });
  }

  /** Sends a batch: at once what is in memory, the rest in turn. What cannot be sent is returned to the store. */
  start(batch: readonly LeasedDelivery[]): void {
    const { loaded = [], unloaded = [] } = Object.groupBy(batch, ({ event }) =>
      event === null ? 'unloaded' : 'loaded',
    );
    if (loaded.length > 0) void this.#start(loaded);
    if (unloaded.length > 0) this.#unloaded.push(unloaded);
  }

  /** Returns what waits for its turn to the store, if its lease is about to expire. */
  returnExpiring(): void {
    const now = this.#options.clock.now();
    for (const leased of this.#unloaded.takeExpiring(now)) this.#returnUnsent(leased, null);
  }

  /** Returns what waits for its turn to the store, at shutdown. */
  returnWaiting(): void {
    for (const leased of this.#unloaded.takeAll()) this.#returnUnsent(leased, null);
  }

  /** Never rejects. */
  async #start(batch: readonly LeasedDelivery[]): Promise<void> {
    const loaded = await this.#orReturn(batch, () => this.#load(batch));
    if (loaded === null) return;
    const flights = batch.flatMap((leased) => this.#prepare(leased, loaded) ?? []);
    const prepared = flights.map(({ leased }) => leased);
    const covered = await this.#orReturn(prepared, () => this.#withCoveringLease(flights));
    if (covered !== null) this.#send(covered);
  }

  onResults(results: readonly SendResult[]): void {
    for (const result of results) this.#onResult(result);
  }

  /** Null if the store failed: then none of the deliveries is sent, and all are returned. */
  async #orReturn<T>(batch: readonly LeasedDelivery[], work: () => Promise<T>): Promise<T | null> {
    try {
      return await work();
    } catch (error) {
      this.#options.log.error('could not start a batch of deliveries; returned them to the store', {
        reason: String(error),
        deliveries: batch.length,
      });
      for (const leased of batch) this.#returnUnsent(leased, null);
      return null;
    }
  }

  async #load(batch: readonly LeasedDelivery[]): Promise<Loaded> {
    const { store } = this.#options;
    const large = batch.filter(({ event }) => event === null).map(({ delivery }) => delivery);
    const [hooks, events] = await Promise.all([
      store.hooks([...new Set(batch.map(({ delivery }) => delivery.hook_id))]),
      large.length === 0 ? new Map<string, Event>() : store.events(large),
    ]);
    return { hooks, events };
  }

  #prepare(leased: LeasedDelivery, { hooks, events }: Loaded): Flight | null {
    const hook = hooks.get(leased.delivery.hook_id);
    const event = leased.event ?? events.get(leased.delivery.event_id);
    if (hook === null) return this.#returnUnsent(leased, 'hook_unreadable');
    if (hook === undefined || !mayBeSent(leased, hook)) return this.#returnUnsent(leased, null);
    if (this.#options.isHeldBack(leased.delivery)) return this.#returnUnsent(leased, null);
    const dialect = this.#options.dialects.get(hook.dialect);
    if (dialect === undefined) return this.#returnUnsent(leased, 'dialect_missing');
    const prepared = event === undefined ? null : this.#render(leased, { event, hook, dialect });
    if (prepared === null) {
      this.#options.settle({ ...leased, kind: 'unrenderable' });
      return null;
    }
    const { retry_delays_ms } = this.#options;
    const policy =
      retry_delays_ms === null ? dialect.retry : { ...dialect.retry, delays_ms: retry_delays_ms };
    return { leased, hook, prepared, policy, started_at: this.#options.clock.now() };
  }

  #returnUnsent({ delivery, lease_token }: LeasedDelivery, reason: WaitReason | null): null {
    this.#options.settle({ kind: 'returned', delivery, lease_token, reason });
    return null;
  }

  /** Dialects may be user code: an error fails this delivery, never the others of the batch. */
  #render(
    { delivery }: LeasedDelivery,
    rendered: { readonly event: Event; readonly hook: SendableHook; readonly dialect: Dialect },
  ): Prepared | null {
    const { ids, clock, user_agent, timeout_ms, log } = this.#options;
    try {
      return prepareRequest(
        { delivery, ...rendered },
        {
          attempt_id: ids('att'),
          sent_at: clock.now(),
          checked_at: clock.monotonic(),
          user_agent,
          timeout_ms,
        },
      );
    } catch (error) {
      log.error('a dialect threw an error; failed the delivery', {
        dialect: rendered.dialect.name,
        delivery_id: delivery.id,
        reason: String(error),
      });
      return null;
    }
  }

  /**
   * Only attempts whose lease outlasts them may be sent: otherwise another node, or our own sweep, could claim the
   * delivery while it is in flight. A recent lease nearly always suffices; the others are durably extended first.
   */
  async #withCoveringLease(flights: readonly Flight[]): Promise<readonly Flight[]> {
    const { store, clock, cluster, onLeaseLost } = this.#options;
    const now = clock.now();
    const isCovered = ({ leased: { lease_until }, prepared }: Flight) =>
      cluster.holdsLease(lease_until - LEASE_MS) &&
      coversAttempt(lease_until, now, prepared.request.timeout_ms);
    const short = flights.filter((flight) => !isCovered(flight)).map(({ leased }) => leased);
    if (short.length === 0) return flights;
    const extended = await store.extendLeases({ now, lease_until: now + LEASE_MS, leases: short });
    for (const lease of short) if (!extended.has(lease.delivery.id)) onLeaseLost(lease);
    return flights.filter((flight) => isCovered(flight) || extended.has(flight.leased.delivery.id));
  }

  #send(flights: readonly Flight[]): void {
    if (flights.length === 0) return;
    for (const flight of flights) {
      const { id, body } = flight.prepared.request;
      this.#flights.set(id, flight);
      this.#unloaded.began(id, { owner: ownerOf(flight.leased.delivery), characters: body.length });
    }
    this.#options.transport().send(flights.map(({ prepared }) => prepared.request));
  }

  /** A receiver that echoes its request must not put secrets into the stored answer. */
  #withoutSecrets(response: CapturedResponse | null, hook: SendableHook): CapturedResponse | null {
    if (response === null) return null;
    let redact = this.#redacts.get(hook);
    if (redact === undefined) {
      redact = createRedact(hook);
      this.#redacts.set(hook, redact);
    }
    return redact === null ? response : redactResponse(response, redact);
  }

  #onResult(result: SendResult): void {
    const flight = this.#flights.get(result.id);
    if (flight === undefined) return;
    this.#flights.delete(result.id);
    this.#unloaded.ended(result.id);
    const { clock, random, settle } = this.#options;
    const { leased, hook, prepared, policy, started_at } = flight;
    const { response, timings, remote_address, reused_connection, sender_died } = result;
    settle({
      kind: 'attempted',
      delivery: leased.delivery,
      lease_token: leased.lease_token,
      attempt: {
        id: result.id,
        started_at,
        outcome: result.outcome,
        request: asWritten(prepared.recorded, result.transport_headers),
        response: this.#withoutSecrets(response, hook),
        timings,
        remote_address,
        reused_connection,
      },
      sender_died,
      policy,
      retry_after_ms: parseRetryAfter(response?.headers['retry-after'], clock.now()),
      roll: random.roll(),
    });
  }
}
