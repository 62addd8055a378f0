import { ownerOf } from '../core/owner.ts';
import type { Settlement } from '../ports/store.ts';
import { FairQueue } from '../core/fair-queue.ts';

/** Settlements per transaction, limited by count and, for large bodies, by size: every other call waits for it. */
const COUNT_MAX = 128;
const CHARACTERS_MAX = 512 * 1024;

const sizeOf = (settlement: Settlement): number =>
  settlement.kind === 'attempted'
    ? (settlement.attempt.request?.body.length ?? 0) + (settlement.attempt.response?.body.length ?? 0)
    : 0;

/** The fallback if the database refuses a settlement: the attempt without details, then none; null if nothing is left. */
export const simplerSettlement = (settlement: Settlement): Settlement | null => {
  if (settlement.kind === 'unrecordable') return null;
  const { delivery, lease_token } = settlement;
  const unrecordable = { kind: 'unrecordable', delivery, lease_token } as const;
  if (settlement.kind !== 'attempted') return unrecordable;
  const { attempt } = settlement;
  const is_bare = attempt.request === null && attempt.response === null && attempt.timings === null;
  if (is_bare) return unrecordable;
  return { ...settlement, attempt: { ...attempt, request: null, response: null, timings: null } };
};

/** The settlements that wait for a commit: round robin over workspaces, and within a workspace over tenants. */
export class SettlementQueue {
  readonly #waiting = new FairQueue<Settlement>();

  get size(): number {
    return this.#waiting.size;
  }

  push(settlement: Settlement): void {
    this.#waiting.push(ownerOf(settlement.delivery), settlement);
  }

  /** Returns the settlements of a failed commit to the front. */
  restore(settlements: readonly Settlement[]): void {
    for (const one of settlements.toReversed()) this.#waiting.putBack(ownerOf(one.delivery), one);
  }

  /** Removes and returns the settlements of the next transaction. */
  take(): readonly Settlement[] {
    const taken: Settlement[] = [];
    let characters = 0;
    while (taken.length < COUNT_MAX && characters < CHARACTERS_MAX) {
      const next = this.#waiting.take();
      if (next === undefined) break;
      characters += sizeOf(next);
      taken.push(next);
    }
    return taken;
  }

  *deliveryIds(): Generator<string> {
    for (const { delivery } of this.#waiting) yield delivery.id;
  }
}
