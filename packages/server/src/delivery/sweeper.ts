import type { Dispatch } from './scheduler.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { DueHook, LeasedDelivery, Store } from '../ports/store.ts';

export interface Sweep {
  /** One pass: leases that have passed, deliveries that are due, then a slice of retention. */
  readonly run: () => Promise<void>;
  /** Fetches what hooks with a backlog can take now; called as they drain. */
  readonly refill: () => Promise<void>;
}

export interface SweepOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly dispatch: Dispatch;
  readonly lease_ms: number;
  /** Events older than this are deleted when nothing of them is still to be sent; null keeps them. */
  readonly retention_ms: number | null;
  readonly onClaimed: (claimed: readonly LeasedDelivery[]) => void;
  readonly onSpilled: (spilled: readonly LeasedDelivery[]) => void;
  /** No more than this is fetched into memory by one pass. */
  readonly most: number;
}

/** Events deleted in one transaction: a few milliseconds of the one writer's time. */
const FORGOTTEN_AT_ONCE = 200;
/** Transactions in one pass, so that retention keeps up with 2,000 events/s. */
const MOST_SLICES = 10;

/** As many as a hook is sent at a time: less is not worth a claim of its own. */
const LEAST_SHARE = 8;

type Want = DueHook & { readonly limit: number };

export const createSweep = (options: SweepOptions): Sweep => {
  const { store, clock, dispatch } = options;

  const claim = async (wants: readonly Want[]): Promise<void> => {
    const now = clock.now();
    const leased = await store.claim({ now, lease_until: now + options.lease_ms, wants });
    const counts = new Map<string, number>();
    for (const { delivery } of leased) counts.set(delivery.hook_id, (counts.get(delivery.hook_id) ?? 0) + 1);
    // A hook that gave all that was asked probably has more.
    for (const want of wants) {
      if (counts.get(want.hook_id) === want.limit) dispatch.noteBacklog(want.hook_id, want.workspace_id);
    }
    options.onClaimed(leased);
  };

  // When memory has no room for all hooks that are due, each pass goes on after the last one that was served.
  let last_served = '';
  let crowded = false;

  /** Deals what memory has room for to all of them evenly. */
  const deal = (hooks: readonly Want[]): readonly Want[] => {
    let left = options.most - dispatch.queued();
    const share = Math.max(LEAST_SHARE, Math.floor(left / hooks.length));
    const wants: Want[] = [];
    for (const { hook_id, workspace_id, limit: wanted } of hooks) {
      const limit = Math.min(wanted, share, left);
      if (limit <= 0) break;
      wants.push({ hook_id, workspace_id, limit });
      left -= limit;
    }
    crowded = wants.length < hooks.length;
    return wants;
  };

  const claimDue = async (): Promise<void> => {
    const due = await store.dueHooks(clock.now());
    const wants = due
      .map(({ hook_id, workspace_id }) => ({ hook_id, workspace_id, limit: dispatch.room(hook_id) }))
      .filter(({ limit }) => limit > 0)
      .toSorted((a, b) => (a.hook_id < b.hook_id ? -1 : 1));
    const first = wants.findIndex(({ hook_id }) => hook_id > last_served);
    const dealt = deal([...wants.slice(Math.max(first, 0)), ...wants.slice(0, Math.max(first, 0))]);
    last_served = dealt.at(-1)?.hook_id ?? last_served;
    if (dealt.length > 0) await claim(dealt);
  };

  /** The hooks that are in memory already, while there is room for all; else whoever's turn it is. */
  const refill = async (): Promise<void> => {
    if (crowded) {
      if (dispatch.queued() < options.most / 2) await claimDue();
      return;
    }
    const wants = deal(dispatch.hungry());
    if (wants.length > 0) await claim(wants);
  };

  const prune = async (before: number): Promise<void> => {
    for (let slices = 0; slices < MOST_SLICES; slices += 1) {
      if ((await store.prune({ before, limit: FORGOTTEN_AT_ONCE })) < FORGOTTEN_AT_ONCE) return;
    }
  };

  return {
    run: async () => {
      options.onSpilled(dispatch.spill());
      const now = clock.now();
      const released = await store.releaseLeases({ now, expired_before: now });
      if (released > 0) options.log.warn('leases passed before their attempts were recorded', { released });
      await claimDue();
      if (options.retention_ms !== null) await prune(now - options.retention_ms);
    },
    refill,
  };
};
