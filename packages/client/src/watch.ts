import type { Delivery, DeliveryWithAttempts, InputOf } from '@bellwire/server';
import { BellwireError } from './bellwire-error.ts';
import type { Listing } from './listing.ts';
import { pause } from './pause.ts';
import type { CallOptions } from './retry.ts';
import type { Stream } from './stream.ts';
import { WatchQueue } from './watch-queue.ts';

/** The deliveries to watch. There is no filter by status, because the status changes. */
export type WatchFilter = Omit<InputOf<'deliveries', 'list'>, 'status' | 'limit' | 'cursor'>;

export interface WatchOptions extends CallOptions {
  /** Without a stream: the polling delay after a change, in milliseconds (default 100). It then grows by half each time. */
  readonly min_delay_ms?: number;
  /** Without a stream: the maximum polling delay, in milliseconds (default 5,000). */
  readonly max_delay_ms?: number;
}

export interface Watch {
  /**
   * Yields the delivery with its attempts, and again after each change, until it has succeeded, failed or been
   * canceled. Changes arrive in batches of about 100 ms, so it may skip the first of two quick ones. It polls while the
   * server offers no stream.
   * @throws BellwireError `not_found`, `aborted` by the signal
   */
  (id: string, options?: WatchOptions): AsyncGenerator<DeliveryWithAttempts, void, undefined>;
  /** The same for all matching deliveries, until all are final. Some changes make it read all of them: use a narrow filter. */
  (filter: WatchFilter, options?: WatchOptions): AsyncGenerator<Delivery, void, undefined>;
}

interface Reads {
  readonly get: (id: string, options: CallOptions) => Promise<DeliveryWithAttempts>;
  readonly list: (
    filter: WatchFilter & { readonly limit: number },
    options: CallOptions,
  ) => Listing<Delivery>;
  readonly stream: Stream;
}

const isFinal = ({ status }: Delivery): boolean =>
  status === 'succeeded' || status === 'failed' || status === 'canceled';

const stateOf = ({ status, attempt_count, updated_at }: Delivery): string =>
  `${status} ${attempt_count} ${updated_at}`;

/** Resolves after the time. @throws BellwireError `aborted` */
const wait = async (ms: number, signal: AbortSignal | undefined): Promise<void> => {
  try {
    await pause(ms, signal);
  } catch (cause) {
    throw new BellwireError('aborted', 'Watching was aborted by its signal.', { cause });
  }
};

/** Whether a delivery is among those that a filter finds; null if its view does not tell. */
const matches = (delivery: Delivery, filter: WatchFilter): boolean | null => {
  const { event_id, event_type, tenant, since, until, outcome, wire_id } = filter;
  // The stream has only deliveries of the hook, which the filter may name by its number.
  const expected = { event_id, event_type, tenant };
  for (const [name, value] of Object.entries(expected)) {
    if (value !== undefined && delivery[name as keyof typeof expected] !== value) return false;
  }
  const at = Date.parse(delivery.created_at);
  if (since !== undefined && at < Date.parse(since)) return false;
  if (until !== undefined && at >= Date.parse(until)) return false;
  // A delivery can leave the filter by its outcome.
  return outcome === undefined && wire_id === undefined ? true : null;
};

const arrivedWithin = async <D extends Delivery>(
  ms: number,
  queue: WatchQueue<D>,
  signal: AbortSignal | undefined,
): Promise<void> => {
  const waiting = new AbortController();
  const signals = signal === undefined ? [waiting.signal] : [waiting.signal, signal];
  try {
    await Promise.race([queue.arrived(), wait(ms, AbortSignal.any(signals))]);
  } finally {
    // A timer would keep the process alive.
    waiting.abort();
  }
};

async function* changes<D extends Delivery>(
  read: () => Promise<readonly D[]>,
  queue: WatchQueue<D>,
  { min_delay_ms = 100, max_delay_ms = 5_000, signal }: WatchOptions,
): AsyncGenerator<D, void, undefined> {
  let known = new Map<string, D>();
  let delay_ms = min_delay_ms;
  for (;;) {
    const before = known;
    const { must_read, deliveries } = queue.take();
    const found = must_read ? await read() : deliveries;
    if (must_read) known = new Map();
    for (const delivery of found) {
      const last = before.get(delivery.id);
      const is_older = last !== undefined && delivery.updated_at < last.updated_at;
      known.set(delivery.id, is_older ? last : delivery);
      if (is_older || (last !== undefined && stateOf(last) === stateOf(delivery))) continue;
      delay_ms = min_delay_ms;
      yield delivery;
    }
    if ([...known.values()].every(isFinal)) return;
    if (queue.is_live) await queue.arrived();
    else {
      await arrivedWithin(delay_ms, queue, signal);
      queue.requireRead();
      delay_ms = Math.min(delay_ms * 1.5, max_delay_ms);
    }
  }
}

export const createWatch = ({ get, list, stream }: Reads): Watch => {
  async function* watch(
    what: string | WatchFilter,
    options: WatchOptions = {},
  ): AsyncGenerator<Delivery, void, undefined> {
    const ending = new AbortController();
    const { signal = ending.signal } = options;
    const scope = typeof what === 'string' ? {} : { tenant: what.tenant, hook_id: what.hook_id };
    const queue = new WatchQueue<Delivery>((delivery) => {
      if (typeof what === 'string') return delivery.id === what ? null : false;
      return matches(delivery, what);
    });
    void queue.fill(stream({ ...scope, signal: AbortSignal.any([signal, ending.signal]) }));
    const read = async (): Promise<readonly Delivery[]> => {
      if (typeof what === 'string') return [await get(what, options)];
      const found: Delivery[] = [];
      for await (const delivery of list({ ...what, limit: 1000 }, options)) found.push(delivery);
      return found;
    };
    try {
      yield* changes(read, queue, options);
    } finally {
      ending.abort();
    }
  }
  return watch as Watch;
};
