import { mustReturn } from '../core/lease.ts';
import type { LeasedDelivery } from '../ports/store.ts';

/** Deliveries that may have killed the sender thread: only one of them is in flight at a time. */
export class SuspectQueue {
  #waiting: LeasedDelivery[] = [];
  #flying: string | null = null;

  get size(): number {
    return this.#waiting.length;
  }

  push(leased: LeasedDelivery): void {
    this.#waiting.push(leased);
  }

  /** The next suspect, in flight from now on; undefined while another one is. */
  take(): LeasedDelivery | undefined {
    if (this.#flying !== null) return undefined;
    const next = this.#waiting.shift();
    this.#flying = next?.delivery.id ?? null;
    return next;
  }

  /** Notes that a delivery is not in flight any more. */
  end(delivery_id: string): void {
    if (this.#flying === delivery_id) this.#flying = null;
  }

  /** The suspects whose leases are about to run out, taken out. */
  takeExpiring(now: number): readonly LeasedDelivery[] {
    const expiring = this.#waiting.filter(({ lease_until }) => mustReturn(lease_until, now));
    if (expiring.length > 0) this.#waiting = this.#waiting.filter((one) => !expiring.includes(one));
    return expiring;
  }

  takeAll(): readonly LeasedDelivery[] {
    return this.#waiting.splice(0);
  }

  *deliveryIds(): Generator<string> {
    for (const { delivery } of this.#waiting) yield delivery.id;
  }
}
