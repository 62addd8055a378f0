import { BellwireError } from '../core/errors.ts';
import type { IdFactory } from '../core/ids.ts';
import type { HookLookup } from './hook-lookup.ts';
import type { Clock } from '../ports/clock.ts';
import type { ReplayState } from '../core/replay-state.ts';
import type {
  ListedHook,
  Repositories,
  ReplaySlice,
  ResendFilter,
  TimeRange,
} from '../ports/repositories.ts';

/** Sends many deliveries again. What is sent again has its whole retry schedule before it. */
export interface Replay {
  /** How many deliveries of one hook a replay would send. */
  readonly count: (workspace_id: string, input: ReplayInput) => Promise<number>;
  /**
   * Makes held and failed deliveries of one hook due, and deliveries of events that it never got; answers how many.
   * @throws BellwireError `not_found`, `hook_not_active`.
   */
  readonly run: (workspace_id: string, input: ReplayInput) => Promise<number>;
  /** How many failed deliveries of active hooks match. */
  readonly countFailed: (workspace_id: string, input: FailedInput) => Promise<number>;
  /** Makes them due; answers how many. */
  readonly retryFailed: (workspace_id: string, input: FailedInput) => Promise<number>;
}

interface RangeInput {
  /** Milliseconds; from then on … */
  readonly since?: number | undefined;
  /** … and before then; now when absent. */
  readonly until?: number | undefined;
}

export interface ReplayInput extends RangeInput {
  readonly hook_id: string;
  /** All when absent. */
  readonly states?: readonly ReplayState[] | undefined;
}

export interface FailedInput extends RangeInput {
  readonly hook_id?: string | undefined;
  readonly event_type?: string | undefined;
}

export interface ReplayOptions {
  /** Events older than this are being deleted: a replay does not reach them. Null keeps all. */
  readonly retention_ms: number | null;
  readonly repositories: Repositories;
  readonly lookup: HookLookup;
  readonly clock: Clock;
  readonly ids: IdFactory;
}

/** Failed ones first: what the others bring can fail before the replay ends, and is not to be sent again by it. */
const ALL: readonly ReplayState[] = ['failed', 'held', 'never_attempted'];

/** Rows changed in one transaction, so that a large replay holds the writer for milliseconds at a time. */
const SLICE = 500;

const refuseInactive = ({ id, status }: ListedHook): void => {
  if (status === 'active') return;
  throw new BellwireError(
    'hook_not_active',
    `The hook ${id} is ${status}, so what is sent again would be held again. Activate it first.`,
  );
};

/** Goes on by id and not until nothing is left: what is sent again can fail again meanwhile. */
const inSlices = async (slice: (after: string | null) => Promise<ReplaySlice>): Promise<number> => {
  let sent = 0;
  let after: string | null = null;
  do {
    const { replayed, next }: ReplaySlice = await slice(after);
    sent += replayed;
    after = next;
  } while (after !== null);
  return sent;
};

/** How much younger than the retention an event must be, so that it is not deleted while it is replayed. */
const RETENTION_MARGIN_MS = 60_000;

export const createReplay = (options: ReplayOptions): Replay => {
  const {
    repositories: { replay },
    lookup,
    clock,
    ids,
    retention_ms,
  } = options;
  const oldest = (): number =>
    retention_ms === null ? 0 : Math.max(0, clock.now() - retention_ms + RETENTION_MARGIN_MS);
  const rangeOf = ({ since, until }: RangeInput): TimeRange => ({
    since: Math.max(since ?? 0, oldest()),
    until: until ?? clock.now(),
  });

  const resend = (filter: ResendFilter, status: 'held' | 'failed'): Promise<number> =>
    inSlices((after) => replay.resend(filter, status, { after, limit: SLICE, now: clock.now() }));

  const sendMissed = (hook: ListedHook, range: TimeRange): Promise<number> =>
    inSlices((after) =>
      replay.sendMissed(hook, range, { after, limit: SLICE, now: clock.now(), newId: () => ids('dlv') }),
    );

  const filterOfFailed = async (workspace_id: string, input: FailedInput): Promise<ResendFilter> => {
    const { hook_id = null, event_type } = input;
    if (hook_id !== null) refuseInactive(await lookup.get(workspace_id, hook_id));
    return { workspace_id, hook_id, event_type, ...rangeOf(input) };
  };

  return {
    count: async (workspace_id, input) => {
      const hook = await lookup.get(workspace_id, input.hook_id);
      const range = rangeOf(input);
      const filter = { workspace_id, hook_id: hook.id, ...range };
      let count = 0;
      for (const state of input.states ?? ALL) {
        count += await (state === 'never_attempted'
          ? replay.countMissed(hook, range)
          : replay.count(filter, state));
      }
      return count;
    },
    run: async (workspace_id, input) => {
      const hook = await lookup.get(workspace_id, input.hook_id);
      refuseInactive(hook);
      const range = rangeOf(input);
      const filter = { workspace_id, hook_id: hook.id, ...range };
      let sent = 0;
      for (const state of input.states ?? ALL) {
        sent += await (state === 'never_attempted' ? sendMissed(hook, range) : resend(filter, state));
      }
      return sent;
    },
    countFailed: async (workspace_id, input) =>
      replay.count(await filterOfFailed(workspace_id, input), 'failed'),
    retryFailed: async (workspace_id, input) => resend(await filterOfFailed(workspace_id, input), 'failed'),
  };
};
