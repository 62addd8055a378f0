import type { Clock } from '../ports/clock.ts';
import type { Repositories } from '../ports/repositories.ts';

/** A key that is used all the time is written this often. */
const RESOLUTION_MS = 60_000;

/** Remembers which API keys were used, and writes it outside of their calls: at most once a minute for each key. */
export class KeyUses {
  readonly #repositories: Repositories['api_keys'];
  readonly #clock: Clock;
  /** When the next use of a key is due to be written. */
  readonly #written_until = new Map<string, number>();
  readonly #pending = new Set<string>();

  constructor(repositories: Repositories['api_keys'], clock: Clock) {
    this.#repositories = repositories;
    this.#clock = clock;
  }

  /** Costs no query. */
  add(key_id: string): void {
    if ((this.#written_until.get(key_id) ?? 0) <= this.#clock.now()) this.#pending.add(key_id);
  }

  /** Writes the uses of up to `limit` keys. Whether there are more. */
  async write(limit: number): Promise<boolean> {
    const now = this.#clock.now();
    for (const [id, until] of this.#written_until) if (until <= now) this.#written_until.delete(id);
    const ids = [...this.#pending].slice(0, limit);
    if (ids.length === 0) return false;
    for (const id of ids) {
      this.#pending.delete(id);
      this.#written_until.set(id, now + RESOLUTION_MS);
    }
    await this.#repositories.markUsed(ids, now);
    return this.#pending.size > 0;
  }
}
