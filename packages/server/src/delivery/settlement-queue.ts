import type { Settlement } from '../ports/store.ts';

/** Settlements per transaction, limited by count and, for large bodies, by size. */
const COUNT_MAX = 64;
const CHARACTERS_MAX = 4 * 1024 * 1024;

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

/** The settlements that wait for a commit. */
export class SettlementQueue {
  #waiting: Settlement[] = [];

  get size(): number {
    return this.#waiting.length;
  }

  push(settlement: Settlement): void {
    this.#waiting.push(settlement);
  }

  /** Returns the settlements of a failed commit to the front. */
  restore(settlements: readonly Settlement[]): void {
    this.#waiting = [...settlements, ...this.#waiting];
  }

  /** Removes and returns the settlements of the next transaction. */
  take(): readonly Settlement[] {
    let characters = 0;
    let count = 0;
    for (const settlement of this.#waiting) {
      characters += sizeOf(settlement);
      if (count > 0 && (count >= COUNT_MAX || characters > CHARACTERS_MAX)) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  *deliveryIds(): Generator<string> {
    for (const { delivery } of this.#waiting) yield delivery.id;
  }
}
