import { mustReturn } from '../core/lease.ts';
import { type Owner, ownerKey, ownerOf } from '../core/owner.ts';
import type { Clock } from '../ports/clock.ts';
import type { LeasedDelivery } from '../ports/store.ts';
import { FairQueue } from '../core/fair-queue.ts';

export interface UnloadedSendsOptions {
  readonly clock: Clock;
  /** Loads, renders and sends deliveries. Never rejects. */
  readonly start: (leased: readonly LeasedDelivery[]) => Promise<void>;
}

/** Deliveries per step, and the time of steps in one turn of the event loop: an event can have a megabyte to render. */
const STEP = 4;
const TURN_MS = 5;

/**
 * Characters of large bodies in flight beyond which others wait: a tenant with none in flight only at twice, and a
 * workspace with none at three times as many.
 */
const CHARACTERS_MAX = 8 * 1024 * 1024;
/** Bodies up to this size do not count: the number of slots bounds them. */
const SMALL_MAX = 16_384;

interface Body {
  readonly owner: Owner;
  readonly characters: number;
}

/**
 * Starts the deliveries whose event must be read from the store: workspace by workspace, tenant by tenant, a few
 * milliseconds at a time, and only while the large bodies in flight fit into the memory that they have.
 */
export class UnloadedSends {
  readonly #options: UnloadedSendsOptions;
  readonly #waiting = new FairQueue<LeasedDelivery>();
  /** Large bodies in flight by attempt id, and how many each workspace and each owner has. */
  readonly #bodies = new Map<string, Body>();
  readonly #counts = new Map<string, number>();
  #characters = 0;
  #is_running = false;

  constructor(options: UnloadedSendsOptions) {
    this.#options = options;
  }

  push(leased: readonly LeasedDelivery[]): void {
    for (const one of leased) this.#waiting.push(ownerOf(one.delivery), one);
    void this.#run();
  }

  /** Counts a body from now on until its attempt has ended. */
  began(attempt_id: string, body: Body): void {
    if (body.characters <= SMALL_MAX) return;
    this.#bodies.set(attempt_id, body);
    this.#add(body, 1);
  }

  ended(attempt_id: string): void {
    const body = this.#bodies.get(attempt_id);
    if (body === undefined) return;
    this.#bodies.delete(attempt_id);
    this.#add(body, -1);
    void this.#run();
  }

  /** Removes and returns what waits and whose lease is about to expire. */
  takeExpiring(now: number): readonly LeasedDelivery[] {
    const expiring: LeasedDelivery[] = [];
    for (const leased of this.#waiting.takeAll()) {
      if (mustReturn(leased.lease_until, now)) expiring.push(leased);
      else this.#waiting.push(ownerOf(leased.delivery), leased);
    }
    return expiring;
  }

  /** Removes and returns everything that waits. */
  takeAll(): readonly LeasedDelivery[] {
    return this.#waiting.takeAll();
  }

  async #run(): Promise<void> {
    if (this.#is_running) return;
    this.#is_running = true;
    const { clock, start } = this.#options;
    let turn = clock.monotonic();
    for (let step = this.#take(); step.length > 0; step = this.#take()) {
      await start(step);
      if (clock.monotonic() - turn < TURN_MS) continue;
      await new Promise<void>((resolve) => clock.later(resolve));
      turn = clock.monotonic();
    }
    this.#is_running = false;
  }

  #take(): readonly LeasedDelivery[] {
    const taken: LeasedDelivery[] = [];
    while (taken.length < STEP) {
      const next = this.#waiting.take(({ delivery }) => this.#isOpen(ownerOf(delivery)));
      if (next === undefined) break;
      taken.push(next);
    }
    return taken;
  }

  #isOpen(owner: Owner): boolean {
    const [workspace_id] = owner;
    if (!this.#counts.has(workspace_id)) return this.#characters < 3 * CHARACTERS_MAX;
    return this.#characters < (this.#counts.has(ownerKey(owner)) ? 1 : 2) * CHARACTERS_MAX;
  }

  #add({ owner, characters }: Body, sign: 1 | -1): void {
    this.#characters += sign * characters;
    for (const key of [owner[0], ownerKey(owner)]) {
      const count = (this.#counts.get(key) ?? 0) + sign;
      if (count === 0) this.#counts.delete(key);
      else this.#counts.set(key, count);
    }
  }
}
