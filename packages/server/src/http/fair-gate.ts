import { FairQueue } from '../core/fair-queue.ts';
import type { Owner } from '../core/owner.ts';

interface Waiting {
  readonly owner: Owner;
  readonly amount: number;
  readonly resolve: () => void;
}

/**
 * Lets work in while its workspace is below a limit. The rest waits, round robin over workspaces and their
 * tenants.
 */
export class FairGate {
  readonly #isBelowLimit: (used: number) => boolean;
  readonly #used = new Map<string, number>();
  readonly #waiting = new FairQueue<Waiting>();

  constructor(isBelowLimit: (used: number) => boolean) {
    this.#isBelowLimit = isBelowLimit;
  }

  /** The amount that a workspace uses now. */
  used(workspace_id: string): number {
    return this.#used.get(workspace_id) ?? 0;
  }

  /** Undefined, or resolves later, when the work may start. Call `leave` with the same arguments when it has ended. */
  enter(owner: Owner, amount: number): Promise<void> | undefined {
    if (this.#waiting.sizeAt(owner) === 0 && this.#isBelowLimit(this.used(owner[0]))) {
      this.#change(owner, amount);
      return undefined;
    }
    return new Promise((resolve) => this.#waiting.push(owner, { owner, amount, resolve }));
  }

  leave(owner: Owner, amount: number): void {
    this.#change(owner, -amount);
    this.admit();
  }

  /** Lets waiting work in. Call it when the limit has grown. */
  admit(): void {
    if (this.#waiting.size === 0) return;
    const isOpen = (one: Waiting): boolean => this.#isBelowLimit(this.used(one.owner[0]));
    for (let next = this.#waiting.take(isOpen); next !== undefined; next = this.#waiting.take(isOpen)) {
      this.#change(next.owner, next.amount);
      next.resolve();
    }
  }

  #change([workspace_id]: Owner, change: number): void {
    const used = this.used(workspace_id) + change;
    if (used === 0) this.#used.delete(workspace_id);
    else this.#used.set(workspace_id, used);
  }
}
