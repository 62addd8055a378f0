import type { Clock } from '../ports/clock.ts';
import type { SendResult } from '../ports/transport.ts';

/** Minimum time between two batches: each wakes another thread, which costs more than several results. */
const EVERY_MS = 1;

/**
 * Collects results, and passes them to `onResults` as one array: at the end of this turn of the event loop or, if the last
 * batch was less than a millisecond ago, a millisecond later.
 */
export const createResultBatch = (
  clock: Clock,
  onResults: (results: readonly SendResult[]) => void,
): ((result: SendResult) => void) => {
  let collected: SendResult[] = [];
  let flushed_at = Number.NEGATIVE_INFINITY;
  const flush = (): void => {
    flushed_at = clock.monotonic();
    const results = collected;
    collected = [];
    onResults(results);
  };
  return (result) => {
    if (collected.push(result) > 1) return;
    if (clock.monotonic() - flushed_at < EVERY_MS) clock.after(EVERY_MS, flush);
    else clock.soon(flush);
  };
};
