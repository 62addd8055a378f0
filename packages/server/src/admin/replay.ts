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

/** Sends many deliveries again. Each starts its retry schedule from the beginning. */
export interface Replay {
  /** The number of deliveries of one hook that a replay would send. */
  readonly count: (workspace_id: string, input: ReplayInput) => Promise<number>;
  /**
   * Makes held and failed deliveries of one hook due, and those of events that it never received; returns the count.
   * @throws BellwireError `not_found`, `hook_not_active`.
   */
  readonly run: (workspace_id: string, input: ReplayInput) => Promise<number>;
  /** The number of matching failed deliveries of active hooks. */
  readonly countFailed: (workspace_id: string, input: FailedInput) => Promise<number>;
  /** Makes them due and returns the count. */
  readonly retryFailed: (workspace_id: string, input: FailedInput) => Promise<number>;
}

interface RangeInput {
  /** Milliseconds, inclusive. */
  readonly since?: number | undefined;
  /** Milliseconds, exclusive; default now. */
  readonly until?: number | undefined;
}

export interface ReplayInput extends RangeInput {
  readonly hook_id: string;
  /** Default all. */
  readonly states?: readonly ReplayState[] | undefined;
}

export interface FailedInput extends RangeInput {
  readonly hook_id?: string | undefined;
  readonly event_type?: string | undefined;
}

export interface ReplayOptions {
  /** Older events are being deleted, so a replay leaves them out. Null keeps all events. */
  readonly retention_ms: number | null;
  readonly repositories: Repositories;
  readonly lookup: HookLookup;
  readonly clock: Clock;
  readonly ids: IdFactory;
}

/** Failed first: a delivery that fails during the replay must not be sent again by it. */
const ALL: readonly ReplayState[] = ['failed', 'held', 'never_attempted'];

/** Rows per transaction, so that a large replay blocks other writes for only milliseconds at a time. */
const SLICE = 500;

const refuseInactive = ({ id, status }: ListedHook): void => {
  if (status === 'active') return;
  throw new BellwireError(
    'hook_not_active',
    `The hook ${id} is ${status}, so its deliveries would be held again. Activate it first.`,
  );
};

/** Pages by id instead of running until nothing is left: a delivery that is sent again can fail again meanwhile. */
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

/** Events within this margin of the retention are left out, so that none is deleted while it is replayed. */
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

  const sumStates = async (
    hook: ListedHook,
    input: ReplayInput,
    { missed, others }: { readonly missed: typeof sendMissed; readonly others: typeof resend },
  ): Promise<number> => {
    const range = rangeOf(input);
    const filter = { workspace_id: hook.workspace_id, hook_id: hook.id, ...range };
    let sum = 0;
    for (const state of input.states ?? ALL) {
      sum += await (state === 'never_attempted' ? missed(hook, range) : others(filter, state));
    }
    return sum;
  };

  const filterOfFailed = async (workspace_id: string, input: FailedInput): Promise<ResendFilter> => {
    const { hook_id = null, event_type } = input;
    if (hook_id !== null) refuseInactive(await lookup.get(workspace_id, hook_id));
    return { workspace_id, hook_id, event_type, ...rangeOf(input) };
  };

  return {
    count: async (workspace_id, input) =>
      sumStates(await lookup.get(workspace_id, input.hook_id), input, {
        missed: replay.countMissed,
        others: replay.count,
      }),
    run: async (workspace_id, input) => {
      const hook = await lookup.get(workspace_id, input.hook_id);
      refuseInactive(hook);
      return sumStates(hook, input, { missed: sendMissed, others: resend });
    },
    countFailed: async (workspace_id, input) =>
      replay.count(await filterOfFailed(workspace_id, input), 'failed'),
    retryFailed: async (workspace_id, input) => resend(await filterOfFailed(workspace_id, input), 'failed'),
  };
};
