const FIRST = 100;
const MIN = 10;
const MAX = 500;
/** What one transaction of the sweep should take: others wait for it. */
const WANTED_MS = 6;

/** How many rows one transaction of the sweep changes: as many as took about 6 ms lately. */
export class SliceSize {
  #limit = FIRST;

  get limit(): number {
    return this.#limit;
  }

  /** Takes over how long the last slice took. */
  adapt(took_ms: number): void {
    const wanted = took_ms > WANTED_MS ? this.#limit / 2 : this.#limit * 1.5;
    this.#limit = Math.round(Math.min(MAX, Math.max(MIN, wanted)));
  }
}
