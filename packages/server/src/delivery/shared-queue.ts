import { ownerOf } from '../core/owner.ts';
import type { LeasedDelivery } from '../ports/store.ts';
import { FairQueue } from './fair-queue.ts';

type Half = 'recent' | 'oldest';

/** The paths of a hook's deliveries in its queue: one per tenant. */
const pathOf = ({ delivery }: LeasedDelivery): readonly string[] => [ownerOf(delivery)[1]];

/**
 * The waiting deliveries of one hook. Half of the turns of each tenant are for its recent deliveries, those leased when
 * they were accepted and then those claimed as the newest due ones; the other half are for the longest due ones. Neither
 * half waits for the other, and each takes the turns that the other does not need.
 */
export class SharedQueue {
  readonly #fresh = new FairQueue<LeasedDelivery>();
  // Most hooks have no backlog.
  #newest: FairQueue<LeasedDelivery> | null = null;
  #oldest: FairQueue<LeasedDelivery> | null = null;
  /** The half that is next, of each tenant with deliveries in both. */
  readonly #next = new Map<string, Half>();

  get size(): number {
    return this.fresh + this.claimed;
  }

  /** The number of deliveries that were leased when they were accepted. */
  get fresh(): number {
    return this.#fresh.size;
  }

  /** The number of deliveries that were claimed from the store. */
  get claimed(): number {
    return (this.#newest?.size ?? 0) + (this.#oldest?.size ?? 0);
  }

  /** The tenants of the next deliveries, at most `max`. */
  nextTenants(max: number): readonly string[] {
    const tenants = new Set<string>();
    const queues = [this.#fresh, this.#oldest, this.#newest].map((queue) => queue?.owners());
    while (queues.some((owners) => owners !== undefined)) {
      for (const [at, owners] of queues.entries()) {
        const next = owners?.next();
        if (next === undefined) continue;
        if (next.done === true) queues[at] = undefined;
        else if (tenants.add(next.value).size === max) return [...tenants];
      }
    }
    return [...tenants];
  }

  push(leased: LeasedDelivery): void {
    this.#queueOf(leased).push(pathOf(leased), leased);
  }

  /** Removes and returns the next delivery of a tenant. */
  take(tenant: string): LeasedDelivery | undefined {
    const path = [tenant];
    if (this.claimed === 0) return this.#fresh.takeFrom(path);
    const half = this.#next.get(tenant) ?? 'recent';
    const leased =
      half === 'recent'
        ? (this.#takeRecent(path) ?? this.#oldest?.takeFrom(path))
        : (this.#oldest?.takeFrom(path) ?? this.#takeRecent(path));
    if (this.#has(path)) this.#next.set(tenant, half === 'recent' ? 'oldest' : 'recent');
    else this.#next.delete(tenant);
    return leased;
  }

  /** Keeps the deliveries for which `stays` is true, asked in their turn; removes and returns the rest. */
  split(stays: (leased: LeasedDelivery) => boolean): readonly LeasedDelivery[] {
    const [kept, taken]: [LeasedDelivery[], LeasedDelivery[]] = [[], []];
    while (this.size > 0) {
      for (const tenant of this.nextTenants(this.size)) {
        const leased = this.take(tenant);
        if (leased !== undefined) (stays(leased) ? kept : taken).push(leased);
      }
    }
    for (const leased of kept) this.push(leased);
    return taken;
  }

  /** The deliveries that were leased when they were accepted. */
  freshOnes(): readonly LeasedDelivery[] {
    return [...this.#fresh];
  }

  *[Symbol.iterator](): Generator<LeasedDelivery> {
    yield* this.#fresh;
    if (this.#newest !== null) yield* this.#newest;
    if (this.#oldest !== null) yield* this.#oldest;
  }

  #takeRecent(path: readonly string[]): LeasedDelivery | undefined {
    return this.#fresh.takeFrom(path) ?? this.#newest?.takeFrom(path);
  }

  #has(path: readonly string[]): boolean {
    return (
      this.#fresh.sizeAt(path) > 0 ||
      (this.#newest?.sizeAt(path) ?? 0) > 0 ||
      (this.#oldest?.sizeAt(path) ?? 0) > 0
    );
  }

  #queueOf({ is_backlog, is_newest }: LeasedDelivery): FairQueue<LeasedDelivery> {
    if (!is_backlog) return this.#fresh;
    if (is_newest === true) return (this.#newest ??= new FairQueue());
    return (this.#oldest ??= new FairQueue());
  }
}
