import { mustReturn } from '../core/lease.ts';
import type { LeasedDelivery } from '../ports/store.ts';
import { FairQueue } from './fair-queue.ts';

/** Suspects of one tenant, and of all, that wait in memory: the others are due again later. */
const TENANT_MAX = 16;
const WAITING_MAX = 512;

const pathOf = ({ delivery }: LeasedDelivery): readonly string[] => [
  delivery.workspace_id,
  delivery.tenant ?? '',
];

/**
 * Deliveries that may have killed the sender thread: only one of them is in flight at a time. Workspaces and tenants
 * take turns.
 */
export class SuspectQueue {
  #waiting = new FairQueue<LeasedDelivery>();
  #flying: string | null = null;

  get size(): number {
    return this.#waiting.size;
  }

  /** False when too many wait already. */
  push(leased: LeasedDelivery): boolean {
    if (this.size >= WAITING_MAX || this.#waiting.sizeAt(pathOf(leased)) >= TENANT_MAX) return false;
    this.#waiting.push(pathOf(leased), leased);
    return true;
  }

  /** The next suspect, in flight from now on; undefined while another one is. */
  take(): LeasedDelivery | undefined {
    if (this.#flying !== null) return undefined;
    const next = this.#waiting.take();
    this.#flying = next?.delivery.id ?? null;
    return next;
  }

  /** Notes that a delivery is not in flight any more. */
  end(delivery_id: string): void {
    if (this.#flying === delivery_id) this.#flying = null;
  }

  /** The suspects whose leases are about to run out, taken out. */
  takeExpiring(now: number): readonly LeasedDelivery[] {
    const all = this.takeAll();
    const expiring: LeasedDelivery[] = [];
    for (const leased of all) {
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
