import type { Attempt, DeliveryWithAttempts } from '@bellwire/client';
import { useState } from 'react';
import { useBellwire } from '../../data/client.tsx';
import { useList } from '../../data/use-list.ts';

export interface Attempts {
  /** Oldest first. */
  readonly attempts: readonly Attempt[];
  /** Reads earlier ones; undefined at the first attempt. */
  readonly earlier: (() => void) | undefined;
  readonly error: Error | null;
}

/**
 * The attempts of a delivery: the latest, which come with it, and the earlier ones on request or if the chosen one is
 * among them.
 */
export const useAttempts = ({ id, attempts }: DeliveryWithAttempts, chosen: number | null): Attempts => {
  const bellwire = useBellwire();
  const [has_asked, setHasAsked] = useState(false);
  const wants_all = has_asked || (chosen !== null && attempts.every(({ number }) => number > chosen));
  const list = useList(
    // Under the key of the delivery: they are read again when it changes.
    ['delivery', id, 'attempts'],
    (at, signal) => bellwire.deliveries.attempts(id, at, { signal }),
    { enabled: wants_all },
  );
  if (!wants_all) {
    const is_complete = (attempts[0]?.number ?? 1) === 1;
    return { attempts, earlier: is_complete ? undefined : () => setHasAsked(true), error: null };
  }
  const all = list.rows.length < attempts.length ? attempts : list.rows.toReversed();
  return { attempts: all, earlier: list.more, error: list.error };
};
