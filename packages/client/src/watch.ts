import { BellwireError } from './bellwire-error.ts';
import type { CallOptions } from './call-options.ts';
import type { Listing } from './listing.ts';
import { pause } from './pause.ts';
import type { Delivery, DeliveryWithAttempts, InputOf } from './router-types.ts';

/** Which deliveries to watch; without a status, since that is what changes. */
export type WatchFilter = Omit<InputOf<'deliveries', 'list'>, 'status' | 'limit' | 'cursor'>;

export interface WatchOptions extends CallOptions {
  /** The wait after a change, in milliseconds; 100 unless said otherwise. Each next one is half as long again. */
  readonly min_delay_ms?: number;
  /** The longest wait, in milliseconds; 5,000 unless said otherwise. */
  readonly max_delay_ms?: number;
}

export interface Watch {
  /**
   * The delivery with its attempts now, then whenever it changed, until it succeeded, failed or was canceled. It
   * is looked at from time to time, so of two quick changes only the later may show.
   * @throws BellwireError `not_found`, `aborted` by the signal
   */
  (id: string, options?: WatchOptions): AsyncGenerator<DeliveryWithAttempts, void, undefined>;
  /** The same for all that a filter finds, until all of it is final. Each look reads all of it: filter narrowly. */
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

/** Waits as asked; an abort comes out as the client's own error. */
const rest = async (ms: number, signal: AbortSignal | undefined): Promise<void> => {
  try {
    await pause(ms, signal);
  } catch (cause) {
    throw new BellwireError('aborted', 'Watching was aborted by its signal.', { cause });
  }
};

async function* changes<D extends Delivery>(
  look: () => Promise<readonly D[]>,
  { min_delay_ms = 100, max_delay_ms = 5_000, signal }: WatchOptions,
): AsyncGenerator<D, void, undefined> {
  const states = new Map<string, string>();
  for (let delay_ms = min_delay_ms; ; delay_ms = Math.min(delay_ms * 1.5, max_delay_ms)) {
    const deliveries = await look();
    for (const delivery of deliveries) {
      const state = stateOf(delivery);
      if (states.get(delivery.id) === state) continue;
      states.set(delivery.id, state);
      delay_ms = min_delay_ms;
      yield delivery;
    }
    if (deliveries.every(isFinal)) return;
    await rest(delay_ms, signal);
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
