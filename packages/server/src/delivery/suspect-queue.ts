import { mustReturn } from '../core/lease.ts';
import type { LeasedDelivery } from '../ports/store.ts';
import { FairQueue } from '../core/fair-queue.ts';

/** Maximum number of queued suspects per tenant and in total. The others are due again later. */
const TENANT_MAX = 16;
const WAITING_MAX = 512;

const pathOf = ({ delivery }: LeasedDelivery): readonly string[] => [
  delivery.workspace_id,
  delivery.tenant ?? '',
];

/**
 * Deliveries that may have killed the sender thread. Only one is in flight at a time; round robin over workspaces and
 * tenants.
 */
export class SuspectQueue {
  #waiting = new FairQueue<LeasedDelivery>();
  #in_flight: string | null = null;

  get size(): number {
    return this.#waiting.size;
  }

  /** False if too many are queued. */
  push(leased: LeasedDelivery): boolean {
    if (this.size >= WAITING_MAX || this.#waiting.sizeAt(pathOf(leased)) >= TENANT_MAX) return false;
    this.#waiting.push(pathOf(leased), leased);
    return true;
  }

  /** Removes and returns the next suspect; undefined while one is in flight. */
  take(): LeasedDelivery | undefined {
    if (this.#in_flight !== null) return undefined;
    const next = this.#waiting.take();
    this.#in_flight = next?.delivery.id ?? null;
    return next;
  }

  /** Notes that a delivery is no longer in flight. */
  end(delivery_id: string): void {
    if (this.#in_flight === delivery_id) this.#in_flight = null;
  }

  /** Removes and returns the suspects whose leases are about to expire. */
  takeExpiring(now: number): readonly LeasedDelivery[] {
    const expiring: LeasedDelivery[] = [];
    for (const leased of this.takeAll()) {
      if (mustReturn(leased.lease_until, now)) expiring.push(leased);
      else this.#waiting.push(pathOf(leased), leased);
    }
    return expiring;
  }

  takeAll(): readonly LeasedDelivery[] {
    const all = [...this.#waiting];
    this.#waiting = new FairQueue();
    return all;
  }

  *deliveryIds(): Generator<string> {
    for (const { delivery } of this.#waiting) yield delivery.id;
  }
}
