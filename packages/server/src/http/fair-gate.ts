import { BellwireError } from '../core/errors.ts';
import { FairQueue } from '../core/fair-queue.ts';
import type { Owner } from '../core/owner.ts';

interface Waiting {
  readonly owner: Owner;
  readonly amount: number;
  readonly resolve: () => void;
}

/** Reads of an owner that wait, which keeps some 10 kB for each. Clients can have thousands in progress. */
const WAITING_READS_MAX = 4_096;

/**
 * Lets work in while its workspace is below a limit. The rest waits, round robin over workspaces and their
 * tenants.
 */
export class FairGate {
  readonly #limitOf: (workspace_id: string) => number;
  readonly #used = new Map<string, number>();
  readonly #waiting = new FairQueue<Waiting>();
  #total_used = 0;

  constructor(limitOf: (workspace_id: string) => number) {
    this.#limitOf = limitOf;
  }

  /** The amount that a workspace uses now. */
  used(workspace_id: string): number {
    return this.#used.get(workspace_id) ?? 0;
  }

  /** The number of an owner's waiting calls. */
  waiting(owner: Owner): number {
    return this.#waiting.sizeAt(owner);
  }

  /** The part of all that is used or waits now that belongs to a workspace. */
  partOf(workspace_id: string): number {
    const own = this.used(workspace_id) + this.#waiting.sizeAt([workspace_id]);
    return own / Math.max(1, this.#total_used + this.#waiting.size);
  }

  /** Undefined, or resolves later, when the work may start. Call `leave` with the same arguments when it has ended. */
  enter(owner: Owner, amount: number): Promise<void> | undefined {
    if (this.#waiting.sizeAt(owner) === 0 && this.#isOpen(owner)) {
      this.#change(owner, amount);
      return undefined;
    }
    return new Promise((resolve) => this.#waiting.push(owner, { owner, amount, resolve }));
  }

  /**
   * The same for one read.
   * @throws BellwireError `overloaded` if too many wait
   */
  enterRead(owner: Owner): Promise<void> | undefined {
    if (this.waiting(owner) < WAITING_READS_MAX) return this.enter(owner, 1);
    throw new BellwireError(
      'overloaded',
      'Too many reads are waiting. Send fewer at a time, read their responses, and try again in a few seconds.',
      { retry_after_s: 1 },
    );
  }

  leave(owner: Owner, amount: number): void {
    this.#change(owner, -amount);
    this.admit();
  }

  /** Lets waiting work in. Call it when the limit has grown. */
  admit(): void {
    if (this.#waiting.size === 0) return;
    const isOpen = (one: Waiting): boolean => this.#isOpen(one.owner);
    for (let next = this.#waiting.take(isOpen); next !== undefined; next = this.#waiting.take(isOpen)) {
      this.#change(next.owner, next.amount);
      next.resolve();
    }
  }

  #isOpen([workspace_id]: Owner): boolean {
    return this.used(workspace_id) < this.#limitOf(workspace_id);
  }

  #change([workspace_id]: Owner, change: number): void {
    const used = this.used(workspace_id) + change;
    this.#total_used += change;
    if (used === 0) this.#used.delete(workspace_id);
    else this.#used.set(workspace_id, used);
  }
}
