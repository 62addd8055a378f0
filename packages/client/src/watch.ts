import { BellwireError } from './bellwire-error.ts';
import type { CallOptions } from './retry.ts';
import type { Listing } from './listing.ts';
import { pause } from './pause.ts';
import type { Delivery, DeliveryWithAttempts, InputOf } from '@bellwire/server';

/** The deliveries to watch. There is no filter by status, because the status changes. */
export type WatchFilter = Omit<InputOf<'deliveries', 'list'>, 'status' | 'limit' | 'cursor'>;

export interface WatchOptions extends CallOptions {
  /** The polling delay after a change, in milliseconds (default 100). It then grows by half each time. */
  readonly min_delay_ms?: number;
  /** The maximum polling delay, in milliseconds (default 5,000). */
  readonly max_delay_ms?: number;
}

export interface Watch {
  /**
   * Yields the delivery with its attempts, and again after each change, until it has succeeded, failed or been
   * canceled. It polls, so it may skip the first of two quick changes.
   * @throws BellwireError `not_found`, `aborted` by the signal
   */
  (id: string, options?: WatchOptions): AsyncGenerator<DeliveryWithAttempts, void, undefined>;
  /** The same for all matching deliveries, until all are final. Each poll reads all of them: use a narrow filter. */
  (filter: WatchFilter, options?: WatchOptions): AsyncGenerator<Delivery, void, undefined>;
}

interface Reads {
  readonly get: (id: string, options: CallOptions) => Promise<DeliveryWithAttempts>;
  readonly list: (
    filter: WatchFilter & { readonly limit: number },
    options: CallOptions,
  ) => Listing<Delivery>;
}

const isFinal = ({ status }: Delivery): boolean =>
  status === 'succeeded' || status === 'failed' || status === 'canceled';

const stateOf = ({ status, attempt_count, updated_at }: Delivery): string =>
  `${status} ${attempt_count} ${updated_at}`;

/** Waits; an abort throws a BellwireError. */
const wait = async (ms: number, signal: AbortSignal | undefined): Promise<void> => {
  try {
    await pause(ms, signal);
  } catch (cause) {
    throw new BellwireError('aborted', 'Watching was aborted by its signal.', { cause });
  }
};

async function* changes<D extends Delivery>(
  poll: () => Promise<readonly D[]>,
  { min_delay_ms = 100, max_delay_ms = 5_000, signal }: WatchOptions,
): AsyncGenerator<D, void, undefined> {
  const states = new Map<string, string>();
  for (let delay_ms = min_delay_ms; ; delay_ms = Math.min(delay_ms * 1.5, max_delay_ms)) {
    const deliveries = await poll();
    for (const delivery of deliveries) {
      const state = stateOf(delivery);
      if (states.get(delivery.id) === state) continue;
      states.set(delivery.id, state);
      delay_ms = min_delay_ms;
      yield delivery;
    }
    if (deliveries.every(isFinal)) return;
    await wait(delay_ms, signal);
  }
}

export const createWatch = ({ get, list }: Reads): Watch => {
  const watch = (what: string | WatchFilter, options: WatchOptions = {}) =>
    changes(async (): Promise<readonly Delivery[]> => {
      if (typeof what === 'string') return [await get(what, options)];
      const found: Delivery[] = [];
      for await (const delivery of list({ ...what, limit: 1000 }, options)) found.push(delivery);
      return found;
    }, options);
  return watch as Watch;
};
