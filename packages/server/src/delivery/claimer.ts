import { LEASE_MS } from '../core/lease.ts';
import { ownerKey, ownerOf } from '../core/owner.ts';
import type { Clock } from '../ports/clock.ts';
import type { DueHook, LeasedDelivery, OwnedDueHook, Store } from '../ports/store.ts';
import { FairQueue } from '../core/fair-queue.ts';
import type { Scheduler } from './scheduler.ts';

export interface ClaimerOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly onClaimed: (claimed: readonly LeasedDelivery[]) => void;
}

type Want = DueHook & { readonly limit: number };
type OwnedWant = OwnedDueHook & { readonly limit: number };

/** Maximum number of deliveries queued in memory; beyond it, nothing is claimed. */
const QUEUED_MAX = 4_096;
/** Minimum claim per hook: as many as it can be sent at a time. Fewer are not worth a claim. */
const SHARE_MIN = 8;
/** An owner with fewer queued deliveries always has room for more, whatever the others have filled memory with. */
const OWNER_MIN = 32;
/** Deliveries per pass for such owners. */
const OWNERS_MAX = 1_024;
/** Hooks per read: about two milliseconds. */
const WALK = 500;
/** Hooks per sweep, over several reads. The next sweep continues from there. */
const WALKED_MAX = 20_000;
/** Deliveries per transaction. */
const CLAIMED_MAX = 256;

/** Groups claims by transaction. */
const inTransactions = (wants: readonly Want[]): readonly (readonly Want[])[] => {
  const claims: Want[][] = [];
  let size = CLAIMED_MAX;
  for (const want of wants) {
    if (size + want.limit > CLAIMED_MAX) {
      claims.push([]);
      size = 0;
    }
    claims.at(-1)?.push(want);
    size += want.limit;
  }
  return claims;
};

/**
 * Claims as many due deliveries as memory has room for, spread evenly over the hooks. If there is not enough room for
 * all hooks, workspaces and their tenants get hooks in turn, and the next pass continues after the last hook of each.
 */
export class Claimer {
  readonly #options: ClaimerOptions;
  #after: string | null = null;
  /** The last hook served of each workspace and tenant that has unserved ones. */
  #served = new Map<string, string>();
  /** The last pass did not have room for all due hooks. */
  #is_saturated = false;

  constructor(options: ClaimerOptions) {
    this.#options = options;
  }

  /** Claims from the hooks with due deliveries. */
  async claimDue(): Promise<void> {
    const wants = this.#inTurn(await this.#walk());
    const dealt = this.#deal(wants);
    this.#is_saturated = dealt.length < wants.length;
    const served = new Set(dealt.map(({ hook_id }) => hook_id));
    this.#noteServed(
      dealt,
      wants.filter(({ hook_id }) => !served.has(hook_id)),
    );
    await this.#claim(dealt);
  }

  /** Claims more for hooks with a backlog. Call it as their queues drain. */
  async refill(): Promise<void> {
    const { scheduler } = this.#options;
    if (this.#is_saturated) {
      if (scheduler.queued < QUEUED_MAX / 2) await this.claimDue();
      return;
    }
    await this.#claim(this.#deal(scheduler.needRefill()));
  }

  /** Claims for hooks that a breaker or a rate limit has held back. */
  async claimFor(hooks: readonly DueHook[]): Promise<void> {
    const { scheduler } = this.#options;
    const wants = hooks.map((hook) => ({ ...hook, limit: scheduler.room(hook.hook_id) }));
    await this.#claim(this.#deal(wants.filter(({ limit }) => limit > 0)));
  }

  /** The hooks with due deliveries and room in memory, starting where the last pass ended, in short reads. */
  async #walk(): Promise<readonly OwnedWant[]> {
    const { store, clock, scheduler } = this.#options;
    const wants: OwnedWant[] = [];
    const first = this.#after;
    let has_wrapped = first === null;
    for (let walked = 0; walked < WALKED_MAX; walked += WALK) {
      const { hooks, next } = await store.dueHooks({ now: clock.now(), after: this.#after, limit: WALK });
      for (const hook of hooks) {
        if (has_wrapped && first !== null && hook.hook_id > first) return wants;
        const limit = scheduler.room(hook.hook_id);
        if (limit > 0) wants.push({ ...hook, limit });
      }
      this.#after = next;
      if (next === null && has_wrapped) return wants;
      if (next === null) has_wrapped = true;
      await this.#yield();
    }
    return wants;
  }

  /** The hooks of each workspace and tenant in turn, beginning after the last one that was served. */
  #inTurn(wants: readonly OwnedWant[]): readonly OwnedWant[] {
    const turns = new FairQueue<OwnedWant>();
    for (const owned of Map.groupBy(wants, (want) => ownerKey(ownerOf(want))).values()) {
      for (const want of this.#afterServed(owned)) turns.push(ownerOf(want), want);
    }
    return turns.takeAll();
  }

  #afterServed(owned: readonly OwnedWant[]): readonly OwnedWant[] {
    const [any] = owned;
    const last = any === undefined ? undefined : this.#served.get(ownerKey(ownerOf(any)));
    if (last === undefined) return owned;
    const sorted = owned.toSorted((a, b) => (a.hook_id < b.hook_id ? -1 : 1));
    const next = Math.max(
      0,
      sorted.findIndex(({ hook_id }) => hook_id > last),
    );
    return [...sorted.slice(next), ...sorted.slice(0, next)];
  }

  #noteServed(served: readonly OwnedWant[], unserved: readonly OwnedWant[]): void {
    const waiting = new Set(unserved.map((want) => ownerKey(ownerOf(want))));
    const last = new Map(served.map((want) => [ownerKey(ownerOf(want)), want.hook_id]));
    const before = this.#served;
    this.#served = new Map();
    for (const path of waiting) {
      const hook_id = last.get(path) ?? before.get(path);
      if (hook_id !== undefined) this.#served.set(path, hook_id);
    }
  }

  /** Divides the room in memory evenly. Hooks for which nothing is left are omitted. */
  #deal<W extends Want & { readonly tenant?: string | null }>(wants: readonly W[]): readonly W[] {
    const { scheduler } = this.#options;
    let left = QUEUED_MAX - scheduler.queued;
    let left_for_owners = OWNERS_MAX;
    const share = Math.max(SHARE_MIN, Math.floor(left / Math.max(1, wants.length)));
    const dealt: W[] = [];
    const deal = (want: W, limit: number): void => void dealt.push({ ...want, limit });
    const queued_of = new Map<string, number>();
    for (const want of wants) {
      if (left > 0) {
        const limit = Math.min(want.limit, share, left);
        left -= limit;
        deal(want, limit);
        continue;
      }
      if (left_for_owners <= 0) break;
      const { workspace_id, tenant = null } = want;
      const owner = ownerKey([workspace_id, tenant ?? '']);
      const queued = queued_of.get(owner) ?? scheduler.queuedOf(workspace_id, tenant);
      const limit = Math.min(want.limit, OWNER_MIN - queued, left_for_owners);
      if (limit <= 0) continue;
      queued_of.set(owner, queued + limit);
      left_for_owners -= limit;
      deal(want, limit);
    }
    return dealt;
  }

  async #claim(wants: readonly Want[]): Promise<void> {
    for (const claim of inTransactions(wants)) {
      await this.#claimSome(claim);
      await this.#yield();
    }
  }

  async #claimSome(given: readonly Want[]): Promise<void> {
    const { store, clock, scheduler, onClaimed } = this.#options;
    const now = clock.now();
    const wants = this.#withRoom(given);
    if (wants.length === 0) return;
    const leased = await store.claim({ now, lease_until: now + LEASE_MS, wants });
    const counts = new Map<string, number>();
    for (const { delivery } of leased) counts.set(delivery.hook_id, (counts.get(delivery.hook_id) ?? 0) + 1);
    // A hook with as many deliveries as requested probably has more.
    for (const want of wants) if (counts.get(want.hook_id) === want.limit) scheduler.noteBacklog(want);
    onClaimed(leased);
  }

  /** Another claim may have filled queues since. */
  #withRoom(wants: readonly Want[]): readonly Want[] {
    const { scheduler } = this.#options;
    return wants.flatMap((want) => {
      const limit = Math.min(want.limit, scheduler.room(want.hook_id));
      if (limit > 0) return [{ ...want, limit }];
      scheduler.noteBacklog(want);
      return [];
    });
  }

  #yield(): Promise<void> {
    return new Promise((resolve) => this.#options.clock.soon(resolve));
  }
}
