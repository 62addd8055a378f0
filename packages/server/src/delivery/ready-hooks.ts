import type { ConcurrencyLimits, HookQueue } from './hook-queue.ts';
import { type Ready, ReadyQueue } from './ready-queue.ts';
import type { Owner } from '../core/owner.ts';
import type { Share, Shares } from './shares.ts';
import { gradeOf, mayStart, type Pace, paces } from './slots.ts';

const held = (share: Share): number => share.held[0] ?? 0;

/** The hooks with a queued delivery and a free slot, by pace. */
export class ReadyHooks {
  readonly #shares: Shares;
  readonly #limits: ConcurrencyLimits;
  readonly #by_pace: Readonly<Record<Pace, ReadyQueue>>;
  readonly #order: Pace[] = [...paces];

  constructor(shares: Shares, limits: ConcurrencyLimits) {
    this.#shares = shares;
    this.#limits = limits;
    const of = (pace: Pace) => new ReadyQueue(gradeOf(pace), shares);
    this.#by_pace = {
      quick: of('quick'),
      new: of('new'),
      slow: of('slow'),
      sluggish: of('sluggish'),
      hanging: of('hanging'),
    };
  }

  /** Puts a hook in its place after any change of it; removes it if it is not ready. */
  place(queue: HookQueue, now: number): void {
    const pace = queue.pace(now);
    const is_ready = queue.length > 0 && queue.hasFreeSlot(this.#limits);
    if (!is_ready || queue.ready?.pace !== pace) this.remove(queue);
    if (!is_ready) return;
    const path = queue.ready?.path ?? this.#nextPath(queue, gradeOf(pace));
    if (path === undefined) return;
    queue.ready = { pace, path };
    this.#by_pace[pace].put(queue, path);
  }

  remove(queue: HookQueue): void {
    if (queue.ready === null) return;
    this.#by_pace[queue.ready.pace].delete(queue, queue.ready.path);
    queue.ready = null;
  }

  /** Call it when the slots of a workspace and tenant have changed. */
  rank(path: Owner): void {
    for (const ready of Object.values(this.#by_pace)) ready.rank(path);
  }

  /** The next hook that may start an attempt: of those of each pace, the one whose workspace holds the fewest slots. */
  next(): (Ready & { readonly pace: Pace }) | undefined {
    let best: (Ready & { readonly pace: Pace }) | undefined;
    // Of equals, the one whose pace was served less recently.
    for (const pace of this.#order) {
      const ready = this.#nextOf(pace);
      if (ready !== undefined && (best === undefined || this.#isBefore(ready, best)))
        best = { ...ready, pace };
    }
    if (best !== undefined) this.#order.push(...this.#order.splice(this.#order.indexOf(best.pace), 1));
    return best;
  }

  #nextOf(pace: Pace): Ready | undefined {
    const ready = this.#by_pace[pace];
    const first = ready.first();
    if (first === undefined || this.#mayStart(pace, first)) return first;
    const lightest = ready.firstOfTenants();
    return lightest !== undefined && this.#mayStart(pace, lightest) ? lightest : undefined;
  }

  #isBefore(a: Ready, b: Ready): boolean {
    const { workspace, tenant } = this.#shares.of(a.path);
    const other = this.#shares.of(b.path);
    return (
      (held(workspace) - held(other.workspace) ||
        held(tenant) - held(other.tenant) ||
        a.queue.inFlight - b.queue.inFlight) < 0
    );
  }

  #mayStart(pace: Pace, { path }: Ready): boolean {
    return mayStart(pace, this.#shares.holders(path), this.#limits.concurrency);
  }

  /** The next tenant of a hook that serves several: the one that holds the fewest slots. */
  #nextPath(queue: HookQueue, grade: number): Owner | undefined {
    const heldBy = (path: Owner): number => this.#shares.of(path).tenant.held[grade] ?? 0;
    const [first, ...others] = queue.nextPaths();
    return others.reduce(
      (least, path) => (least === undefined || heldBy(path) < heldBy(least) ? path : least),
      first,
    );
  }
}
