/** Lets one holder in at a time, in the order in which they asked. */
export class Mutex {
  readonly #waiting: (() => void)[] = [];
  #is_held = false;

  /** Resolves when the caller is the holder. Every call needs one `release`. */
  acquire(): Promise<void> {
    if (this.#is_held) return new Promise((resolve) => this.#waiting.push(resolve));
    this.#is_held = true;
    return Promise.resolve();
  }

  release(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#is_held = false;
    else next();
  }
}
