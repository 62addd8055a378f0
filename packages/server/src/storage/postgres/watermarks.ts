import { LRUCache } from 'lru-cache';
import { atMost } from '../../core/at-most.ts';

/** Hooks of which a node remembers how far it has claimed. */
const HOOKS_MAX = 5_000;
/**
 * Maximum time between the due time of a delivery and the commit that stores it, by the clock of any node. The next claim
 * from the start finds those that were committed later.
 */
const LATE_MS = 10_000;
const FROM_START_MS = 30_000;

/** A hook whose deliveries that were due before `since` are claimed. */
export interface KnownHook {
  readonly id: string;
  readonly since: number;
}

interface Mark {
  /** Everything that was due before is claimed. */
  readonly passed: number;
  /** When a claim last began at the longest due delivery. */
  readonly from_start_at: number;
}

/**
 * How far this node has claimed the due deliveries of each hook. While any transaction keeps vacuum from removing their
 * former states, a claim that began at the first entry of the index would read all that were claimed before.
 */
export class Watermarks {
  readonly #marks = new LRUCache<string, Mark>(atMost(HOOKS_MAX));

  /** The due time from which a claim of the hook begins: 0 at least every 30 seconds. */
  since(hook_id: string, now: number): number {
    const mark = this.#marks.peek(hook_id);
    if (mark === undefined) return 0;
    const age = now - mark.from_start_at;
    return age >= 0 && age < FROM_START_MS ? mark.passed : 0;
  }

  /** The next hooks whose claims do not begin at 0, in the order of their ids. */
  after(
    hook_id: string,
    { now, limit }: { readonly now: number; readonly limit: number },
  ): readonly KnownHook[] {
    return [...this.#marks.keys()]
      .filter((id) => id > hook_id)
      .map((id) => ({ id, since: this.since(id, now) }))
      .filter(({ since }) => since > 0)
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))
      .slice(0, limit);
  }

  /** A delivery waits until then, which can have passed. */
  wait(hook_id: string, until: number): void {
    const mark = this.#marks.peek(hook_id);
    if (mark !== undefined && until < mark.passed) this.#marks.set(hook_id, { ...mark, passed: until });
  }

  /** A claim that began at `since` has claimed what was due before `until`. Call it after the commit. */
  pass(hook_id: string, { since, until, now }: { since: number; until: number; now: number }): void {
    const mark = this.#marks.peek(hook_id);
    const from_start_at = since === 0 || mark === undefined ? now : mark.from_start_at;
    this.#marks.set(hook_id, { passed: Math.min(until, now - LATE_MS), from_start_at });
  }
}

/** The claims of one transaction. */
export class ClaimMarks {
  readonly #watermarks: Watermarks;
  readonly #now: number;
  readonly #claimed = new Map<string, { readonly since: number; readonly until: number }>();

  constructor(watermarks: Watermarks, now: number) {
    this.#watermarks = watermarks;
    this.#now = now;
  }

  since(hook_id: string): number {
    return this.#watermarks.since(hook_id, this.#now);
  }

  /** Everything that was due before `until` is claimed, as far as other transactions have not locked it. */
  pass(hook_id: string, until: number): void {
    this.#claimed.set(hook_id, { since: this.since(hook_id), until });
  }

  /** Call it after the commit. */
  commit(): void {
    for (const [hook_id, claimed] of this.#claimed) {
      this.#watermarks.pass(hook_id, { ...claimed, now: this.#now });
    }
  }
}
