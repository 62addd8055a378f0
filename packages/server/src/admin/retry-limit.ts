import { BellwireError } from '../core/errors.ts';
import type { SingleDelivery } from '../delivery/accept.ts';
import type { Clock } from '../ports/clock.ts';

interface Window {
  readonly ends_at: number;
  retries: number;
}

/** Each retry stores a copy of the request and of the answer. */
const RETRIES_MAX = 10;
const WINDOW_MS = 60_000;

/** Admits ten manual retries per delivery and minute. */
class RetryLimit {
  readonly #clock: Pick<Clock, 'monotonic'>;
  /** In the order of their ends. */
  readonly #windows = new Map<string, Window>();

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** Counts a retry. @throws BellwireError `too_many_requests` */
  count(delivery_id: string): void {
    const now = this.#clock.monotonic();
    this.#removeEnded(now);
    const window = this.#windows.get(delivery_id) ?? { ends_at: now + WINDOW_MS, retries: 0 };
    if (window.retries >= RETRIES_MAX) {
      const retry_after_s = Math.ceil((window.ends_at - now) / 1000);
      throw new BellwireError(
        'too_many_requests',
        `The delivery ${delivery_id} was retried ${RETRIES_MAX} times within a minute, which is the maximum. Nothing was sent; try again in ${retry_after_s} s.`,
        { retry_after_s },
      );
    }
    window.retries += 1;
    this.#windows.set(delivery_id, window);
  }

  #removeEnded(now: number): void {
    for (const [id, { ends_at }] of this.#windows) {
      if (ends_at > now) break;
      this.#windows.delete(id);
    }
  }
}

type Redeliver = (workspace_id: string, delivery_id: string) => Promise<SingleDelivery>;

/** Manual retries, at most ten per delivery and minute. The returned function throws `too_many_requests` for more. */
export const limitRetries = (
  loop: { readonly redeliver: Redeliver },
  clock: Pick<Clock, 'monotonic'>,
): Redeliver => {
  const limit = new RetryLimit(clock);
  return async (workspace_id, delivery_id) => {
    limit.count(delivery_id);
    return loop.redeliver(workspace_id, delivery_id);
  };
};
