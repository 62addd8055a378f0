/** A log line that was left out, with the number of such lines. */
export interface OmittedLines<T> {
  readonly about: T;
  readonly count: number;
}

interface Window<T> {
  readonly about: T;
  readonly ends_at: number;
  lines: number;
}

/** Lines per key and minute: enough to see a problem, and too few to fill a disk. */
const LINES_MAX = 10;
const WINDOW_MS = 60_000;

/** Admits ten lines per key and minute, and counts the others. Times are monotonic milliseconds. */
export class LineLimit<T> {
  readonly #windows = new Map<string, Window<T>>();

  /** Whether a line may be written. `about` is what `ended` returns of the key. */
  admits(key: string, about: T, now: number): boolean {
    const known = this.#windows.get(key);
    const open = known ?? { about, ends_at: now + WINDOW_MS, lines: 0 };
    open.lines += 1;
    if (known === undefined) this.#windows.set(key, open);
    return open.lines <= LINES_MAX;
  }

  /** Ends the windows whose minute is over, and returns those with omitted lines. */
  ended(now: number): readonly OmittedLines<T>[] {
    const omitted: OmittedLines<T>[] = [];
    // In the order of their ends: a map keeps the order of insertion.
    for (const [key, { about, ends_at, lines }] of this.#windows) {
      if (ends_at > now) break;
      this.#windows.delete(key);
      if (lines > LINES_MAX) omitted.push({ about, count: lines - LINES_MAX });
    }
    return omitted;
  }
}
