import { FairQueue } from '../core/fair-queue.ts';
import type { Clock } from '../ports/clock.ts';

/** Requests that begin in one turn of the event loop: a few milliseconds. */
const TURN_MAX = 64;
/** Requests of one connection that are not answered yet. */
const UNANSWERED_MAX = 64;

/** Of a connection of Node's `http`. */
interface Connection {
  readonly destroyed: boolean;
  readonly destroy: () => unknown;
}

interface Response {
  readonly once: (event: 'close', listener: () => void) => unknown;
}

interface Known {
  readonly id: string;
  unanswered: number;
}

/**
 * Begins requests in turns of the event loop, round robin over connections, so that a flood of them on some connections
 * delays those on others by a few milliseconds. Node parses all requests in 64 KiB of a connection at once; a client that
 * does not wait for answers loses its connection.
 */
export class RequestTurns {
  readonly #clock: Pick<Clock, 'soon'>;
  readonly #known = new WeakMap<Connection, Known>();
  readonly #waiting = new FairQueue<() => void>();
  #connections = 0;
  #begun = 0;

  constructor(clock: Pick<Clock, 'soon'>) {
    this.#clock = clock;
  }

  /** Calls `begin` now or later, unless the connection is lost. */
  run(connection: Connection, response: Response, begin: () => void): void {
    if (connection.destroyed) return;
    const known = this.#of(connection);
    known.unanswered += 1;
    if (known.unanswered > UNANSWERED_MAX) {
      connection.destroy();
      return;
    }
    response.once('close', () => {
      known.unanswered -= 1;
    });
    if (this.#begun === 0) this.#clock.soon(() => this.#turn());
    if (this.#begun === TURN_MAX || this.#waiting.size > 0) {
      this.#waiting.push([known.id], () => {
        if (!connection.destroyed) begin();
      });
      return;
    }
    this.#begun += 1;
    begin();
  }

  #of(connection: Connection): Known {
    let known = this.#known.get(connection);
    if (known === undefined) {
      this.#connections += 1;
      known = { id: String(this.#connections), unanswered: 0 };
      this.#known.set(connection, known);
    }
    return known;
  }

  #turn(): void {
    this.#begun = 0;
    while (this.#begun < TURN_MAX && this.#waiting.size > 0) {
      this.#begun += 1;
      this.#waiting.take()?.();
    }
    if (this.#begun > 0) this.#clock.soon(() => this.#turn());
  }
}
