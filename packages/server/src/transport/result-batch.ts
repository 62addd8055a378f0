import type { Clock } from '../ports/clock.ts';
import type { SendResult } from '../ports/transport.ts';

/** Collects the results of one turn of the event loop, and passes them to `onResults` as one array at its end. */
export const createResultBatch = (
  clock: Clock,
  onResults: (results: readonly SendResult[]) => void,
): ((result: SendResult) => void) => {
  let collected: SendResult[] = [];
  const flush = (): void => {
    const results = collected;
    collected = [];
    onResults(results);
  };
  return (result) => {
    if (collected.push(result) === 1) clock.soon(flush);
  };
};
