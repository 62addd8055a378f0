const FIRST = 100;
const MIN = 10;
const MAX = 500;
/** Target duration of one transaction of the sweep: others wait for it. */
const TARGET_MS = 6;

/** The number of rows per transaction of the sweep, adapted so that one takes about 6 ms. */
export class SliceSize {
  #limit = FIRST;

  get limit(): number {
    return this.#limit;
  }

  /** Adapts to the duration of the last slice. */
  adapt(took_ms: number): void {
    const next = took_ms > TARGET_MS ? this.#limit / 2 : this.#limit * 1.5;
    this.#limit = Math.round(Math.min(MAX, Math.max(MIN, next)));
  }
}
