import type { Clock } from '../ports/clock.ts';
import type { SendResult } from '../ports/transport.ts';

/** Collects the results of one turn of the event loop. */
export interface ResultBatch {
  readonly add: (result: SendResult) => void;
}

/** Passes all results of one turn to `onResults` as one array, at the end of that turn. */
export const createResultBatch = (
  clock: Clock,
  onResults: (results: readonly SendResult[]) => void,
): ResultBatch => {
  let collected: SendResult[] = [];
  const flush = (): void => {
    const results = collected;
    collected = [];
    onResults(results);
  };
  return {
    add: (result) => {
      if (collected.push(result) === 1) clock.soon(flush);
    },
  };
};
