import { FairQueue } from '../core/fair-queue.ts';
import type { LeasedDelivery } from '../ports/store.ts';

/** `fresh`: leased when they were accepted; `newest` and `oldest`: claimed from the backlog. */
type Part = 'fresh' | 'newest' | 'oldest';

/** The order of the parts in which the next delivery is looked for, by the half whose turn it is. */
const TURNS = {
  recent: ['fresh', 'newest', 'oldest'],
  oldest: ['oldest', 'fresh', 'newest'],
} as const satisfies Record<string, readonly Part[]>;

const partOf = ({ is_backlog, is_newest }: LeasedDelivery): Part => {
  if (!is_backlog) return 'fresh';
  return is_newest === true ? 'newest' : 'oldest';
};

const pathOf = ({ delivery }: LeasedDelivery): readonly string[] => [delivery.tenant ?? ''];

/**
 * The waiting deliveries of one hook. While both wait, recent deliveries and the longest due ones of its backlog alternate,
 * so that what happens now does not wait behind an outage, nor the outage behind what happens now.
 */
export class HalvesQueue {
  readonly #waiting: Readonly<Record<Part, FairQueue<LeasedDelivery>>> = {
    fresh: new FairQueue(),
    newest: new FairQueue(),
    oldest: new FairQueue(),
  };
  #next: keyof typeof TURNS = 'recent';

  get size(): number {
    const { fresh, newest, oldest } = this.#waiting;
    return fresh.size + newest.size + oldest.size;
  }

  /** The tenants of the next deliveries, at most `max`. */
  nextTenants(max: number): readonly string[] {
    const tenants = new Set<string>();
    for (const part of TURNS[this.#next]) {
      for (const tenant of this.#waiting[part].owners()) {
        if (tenants.add(tenant).size === max) return [...tenants];
      }
    }
    return [...tenants];
  }

  push(leased: LeasedDelivery): void {
    this.#waiting[partOf(leased)].push(pathOf(leased), leased);
  }

  /** Removes and returns the next delivery of a tenant. */
  takeFrom(tenant: string): LeasedDelivery | undefined {
    for (const part of TURNS[this.#next]) {
      const leased = this.#waiting[part].takeFrom([tenant]);
      if (leased === undefined) continue;
      this.#next = part === 'oldest' ? 'recent' : 'oldest';
      return leased;
    }
    return undefined;
  }

  /** Removes and returns the next delivery of any tenant. */
  take(): LeasedDelivery | undefined {
    const [tenant] = this.nextTenants(1);
    return tenant === undefined ? undefined : this.takeFrom(tenant);
  }

  *[Symbol.iterator](): Generator<LeasedDelivery> {
    for (const queue of Object.values(this.#waiting)) yield* queue;
  }
}
