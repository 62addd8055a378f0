import { BellwireError } from '../core/errors.ts';
import type { IdFactory } from '../core/ids.ts';
import type { HookLookup } from './hook-lookup.ts';
import type { Clock } from './ports.ts';
import type { Records, ReplayFilter, ReplaySlice, ReplayState } from './records.ts';

/** Sends many deliveries of one hook again: held ones, failed ones, and events that it never got. */
export interface Replay {
  /** How many deliveries a replay would send. */
  readonly count: (workspace_id: string, input: ReplayInput) => Promise<number>;
  /**
   * Makes them due now, each with its whole retry schedule before it; answers how many.
   * @throws BellwireError `not_found`, `hook_not_active`.
   */
  readonly run: (workspace_id: string, input: ReplayInput) => Promise<number>;
}

export interface ReplayInput {
  readonly hook_id: string;
  /** Milliseconds; events made from then on … */
  readonly since: number;
  /** … and before then; now when absent. */
  readonly until?: number | undefined;
  /** All when absent. */
  readonly states?: readonly ReplayState[] | undefined;
}

export interface ReplayOptions {
  readonly records: Records;
  readonly lookup: HookLookup;
  readonly clock: Clock;
  readonly ids: IdFactory;
}

const ALL: readonly ReplayState[] = ['held', 'failed', 'never_attempted'];

/** Rows changed in one transaction, so that a large replay holds the writer for milliseconds at a time. */
const SLICE = 500;

export const createReplay = ({ records, lookup, clock, ids }: ReplayOptions): Replay => {
  const filterOf = async (workspace_id: string, input: ReplayInput): Promise<ReplayFilter> => {
    const hook = await lookup.get(workspace_id, input.hook_id);
    return { hook, since: input.since, until: input.until ?? clock.now() };
  };
  return {
    count: async (workspace_id, input) => {
      const filter = await filterOf(workspace_id, input);
      let count = 0;
      for (const state of input.states ?? ALL) count += await records.replay.count(filter, state);
      return count;
    },
    run: async (workspace_id, input) => {
      const filter = await filterOf(workspace_id, input);
      if (filter.hook.status !== 'active') {
        throw new BellwireError(
          'hook_not_active',
          `The hook ${filter.hook.id} is ${filter.hook.status}, so what is replayed would be held again. Activate it first.`,
        );
      }
      let replayed = 0;
      for (const state of input.states ?? ALL) {
        let after: string | null = null;
        // By id and not until nothing is left: what is sent again can fail again while this goes on.
        do {
          const slice: ReplaySlice = await records.replay.slice(filter, {
            state,
            after,
            limit: SLICE,
            now: clock.now(),
            newId: () => ids('dlv'),
          });
          replayed += slice.replayed;
          after = slice.next;
        } while (after !== null);
      }
      return replayed;
    },
  };
};
