import type { Clock } from '../ports/clock.ts';

/** Of a request of Node's `http`. */
interface Unread {
  readonly complete: boolean;
  readonly destroyed: boolean;
  readonly readableLength: number;
  readonly read: () => unknown;
  readonly socket: { readonly destroySoon: () => void };
}

/** Node reads up to 64 KiB of a request ahead, so this is 8 MiB per second. */
const READ_EVERY_MS = 8;
/** A connection that sends more than this of a refused body is closed. */
const BYTES_MAX = 8 * 1024 * 1024;

/**
 * Discards the bodies of refused calls, such as those without a valid API key, at 8 MiB per second for all connections
 * together. Many clients read the response only after they have sent the whole body, and then use the connection again.
 * Without a limit, clients without a key could keep the server busy with reading.
 */
export class UnreadBodies {
  readonly #clock: Pick<Clock, 'after'>;
  /** The bytes read of each. */
  readonly #unread = new Map<Unread, number>();

  constructor(clock: Pick<Clock, 'after'>) {
    this.#clock = clock;
  }

  /** Call it when the response to a request has been sent. */
  discard(request: Unread): void {
    if (request.complete || request.destroyed) return;
    request.read();
    this.#unread.set(request, 0);
    if (this.#unread.size === 1) this.#schedule();
  }

  #schedule(): void {
    this.#clock.after(READ_EVERY_MS, () => {
      this.#readNext();
      if (this.#unread.size > 0) this.#schedule();
    });
  }

  /** Reads from the connection that has waited longest. */
  #readNext(): void {
    for (const [request, before] of this.#unread) {
      if (request.complete || request.destroyed) this.#unread.delete(request);
      else if (request.readableLength > 0) {
        const bytes = before + request.readableLength;
        request.read();
        this.#unread.delete(request);
        if (bytes > BYTES_MAX) request.socket.destroySoon();
        else this.#unread.set(request, bytes);
        return;
      }
    }
  }
}
