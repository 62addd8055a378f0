import {
  createLane,
  hasExtraPlace,
  hasFreePlace,
  isIdle,
  isSlow,
  type Lane,
  type LaneLimits,
  noteDuration,
  queueLimit,
} from './hook-queue.ts';
import type { Clock } from '../ports/clock.ts';
import type { LeasedDelivery } from '../ports/store.ts';
import { createRing, type Ring } from './round-robin.ts';

/** Decides which leased delivery is sent next. Holds no more than places and queues: the store has the truth. */
export interface Dispatch {
  /** Queues leased deliveries for sending. */
  readonly offer: (leased: readonly LeasedDelivery[]) => void;
  /** Frees the place of a delivery whose attempt has ended, or was never made. */
  readonly finish: (delivery_id: string, hook_id: string) => void;
  /** How many queued deliveries wait for us and not for their hook: what holds accepts back. */
  readonly due: () => number;
  /** Hooks that can take nothing more into memory; they are remembered to have a backlog in the store. */
  readonly fullHooks: () => ReadonlySet<string>;
  /** Takes the queues of slow hooks beyond their limit out of memory, to be given back to the store. */
  readonly spill: () => readonly LeasedDelivery[];
  /** Room for due deliveries of a hook, in places of its queue. */
  readonly room: (hook_id: string) => number;
  /** Hooks with a backlog in the store and little left in memory; each is named once until its backlog is noted again. */
  readonly hungry: () => readonly {
    readonly hook_id: string;
    readonly workspace_id: string;
    readonly limit: number;
  }[];
  readonly noteBacklog: (hook_id: string, workspace_id: string) => void;
  readonly inFlight: () => number;
  readonly queued: () => number;
  /** Starts nothing more and hands out everything that is queued. */
  readonly close: () => readonly LeasedDelivery[];
}

export interface DispatchOptions {
  readonly clock: Clock;
  readonly limits: LaneLimits;
  /** Starts the attempts of one turn. */
  readonly start: (batch: readonly LeasedDelivery[]) => void;
}

interface Workspace {
  readonly ready: Ring<Lane>;
}

/**
 * Workspaces take turns, and within a workspace its hooks: one delivery a turn. Each hook has its own few places, and
 * all slow ones together at most half of the places there are, so that a hanging receiver costs only its own.
 */
export const createDispatch = ({ clock, limits, start }: DispatchOptions): Dispatch => {
  const lanes = new Map<string, Lane>();
  const workspaces = new Map<string, Workspace>();
  const turns = createRing<string>();
  const slow = new Set<Lane>();
  /** Lanes whose hooks have due deliveries in the store. */
  const backlogged = new Set<Lane>();
  /** What somebody asked for by hand: it does not wait behind what hangs. */
  const asked_for: LeasedDelivery[] = [];
  let in_flight = 0;
  let queued = 0;
  let pumping = false;
  let closed = false;

  const laneOf = (hook_id: string, workspace_id: string): Lane => {
    const known = lanes.get(hook_id);
    if (known !== undefined) return known;
    const lane = createLane(hook_id, workspace_id);
    lanes.set(hook_id, lane);
    return lane;
  };

  const judge = (lane: Lane, now: number): void => {
    if (isSlow(lane, now)) slow.add(lane);
    else slow.delete(lane);
  };

  const noteBacklog = (lane: Lane): void => {
    backlogged.add(lane);
  };

  const forgetWhenIdle = (lane: Lane): void => {
    if (!isIdle(lane) || backlogged.has(lane)) return;
    lanes.delete(lane.hook_id);
    slow.delete(lane);
  };

  const slowInFlight = (): number => {
    let sum = 0;
    for (const lane of slow) sum += lane.in_flight.size;
    return sum;
  };

  const makeReady = (lane: Lane): void => {
    if (lane.queue.length === 0 || !hasFreePlace(lane, limits)) return;
    let workspace = workspaces.get(lane.workspace_id);
    if (workspace === undefined) {
      workspace = { ready: createRing() };
      workspaces.set(lane.workspace_id, workspace);
    }
    workspace.ready.add(lane);
    turns.add(lane.workspace_id);
  };

  const takeLane = (): Lane | undefined => {
    for (;;) {
      const workspace_id = turns.next();
      if (workspace_id === undefined) return undefined;
      const workspace = workspaces.get(workspace_id);
      const lane = workspace?.ready.next();
      if (workspace !== undefined && workspace.ready.size() > 0) turns.add(workspace_id);
      else workspaces.delete(workspace_id);
      if (lane !== undefined) return lane;
    }
  };

  const occupy = (lane: Lane, { delivery }: LeasedDelivery, now: number): void => {
    in_flight += 1;
    lane.in_flight.set(delivery.id, now);
  };

  const take = (lane: Lane, now: number): LeasedDelivery | undefined => {
    const leased = lane.queue.shift();
    if (leased === undefined) return undefined;
    queued -= 1;
    occupy(lane, leased, now);
    return leased;
  };

  const checkAll = (now: number): void => {
    for (const lane of lanes.values()) judge(lane, now);
  };

  const half = Math.floor(limits.concurrency / 2);

  /**
   * What is free for all, and of that for slow ones. Hooks that turned slow while they held more than their half count
   * for no more than that half: what they hold cannot be taken back, but nobody else has to wait for it.
   */
  const places = (): { free: number; free_for_slow: number } => {
    const slow_now = slowInFlight();
    const taken = in_flight - slow_now + Math.min(slow_now, half);
    return { free: limits.concurrency - taken, free_for_slow: half - slow_now };
  };

  const pump = (): void => {
    pumping = false;
    const now = clock.monotonic();
    if (in_flight >= limits.concurrency) checkAll(now);
    const batch = asked_for.splice(0);
    const waiting: Lane[] = [];
    let { free, free_for_slow } = places();
    while (free > 0) {
      const lane = takeLane();
      if (lane === undefined) break;
      if (slow.has(lane) && free_for_slow <= 0) {
        waiting.push(lane);
        continue;
      }
      const leased = hasFreePlace(lane, limits) ? take(lane, now) : undefined;
      if (leased === undefined) continue;
      free -= 1;
      if (slow.has(lane)) free_for_slow -= 1;
      batch.push(leased);
      makeReady(lane);
    }
    for (const lane of waiting) makeReady(lane);
    if (batch.length > 0) start(batch);
  };

  // Once a turn, so that everything that a turn brings is sent as one batch.
  const wake = (): void => {
    if (pumping || closed) return;
    pumping = true;
    clock.soon(pump);
  };

  const shrink = (lane: Lane, limit: number): LeasedDelivery[] => {
    const surplus = lane.queue.splice(limit);
    queued -= surplus.length;
    return surplus;
  };

  return {
    offer: (leased) => {
      const now = clock.monotonic();
      for (const one of leased) {
        const lane = laneOf(one.delivery.hook_id, one.delivery.workspace_id);
        if (one.delivery.trigger !== 'scheduled' && hasExtraPlace(lane, limits)) {
          occupy(lane, one, now);
          asked_for.push(one);
          continue;
        }
        lane.queue.push(one);
        queued += 1;
        makeReady(lane);
      }
      if (leased.length > 0) wake();
    },
    finish: (delivery_id, hook_id) => {
      const lane = lanes.get(hook_id);
      const started = lane?.in_flight.get(delivery_id);
      if (lane === undefined || started === undefined) return;
      const now = clock.monotonic();
      lane.in_flight.delete(delivery_id);
      in_flight -= 1;
      noteDuration(lane, now - started);
      judge(lane, now);
      makeReady(lane);
      forgetWhenIdle(lane);
      if (queued > 0) wake();
    },
    due: () => {
      let sum = queued;
      const now = clock.monotonic();
      for (const lane of lanes.values())
        if (lane.queue.length > 0 && isSlow(lane, now)) sum -= lane.queue.length;
      return sum;
    },
    fullHooks: () => {
      const now = clock.monotonic();
      const full = new Set<string>();
      for (const lane of lanes.values()) {
        if (lane.queue.length < queueLimit(lane, now, limits)) continue;
        full.add(lane.hook_id);
        noteBacklog(lane);
      }
      return full;
    },
    spill: () => {
      const now = clock.monotonic();
      const surplus: LeasedDelivery[] = [];
      checkAll(now);
      for (const lane of lanes.values()) {
        const limit = queueLimit(lane, now, limits);
        if (lane.queue.length <= limit) continue;
        noteBacklog(lane);
        surplus.push(...shrink(lane, limit));
      }
      if (queued > 0) wake();
      return surplus;
    },
    room: (hook_id) => {
      const lane = lanes.get(hook_id);
      if (lane === undefined) return limits.hook_concurrency * 4;
      return Math.max(0, queueLimit(lane, clock.monotonic(), limits) - lane.queue.length);
    },
    hungry: () => {
      const now = clock.monotonic();
      const found = [];
      for (const lane of backlogged) {
        if (lane.queue.length > limits.hook_concurrency / 2) continue;
        backlogged.delete(lane);
        const { hook_id, workspace_id } = lane;
        found.push({ hook_id, workspace_id, limit: Math.min(queueLimit(lane, now, limits), 256) });
        forgetWhenIdle(lane);
      }
      return found;
    },
    noteBacklog: (hook_id, workspace_id) => noteBacklog(laneOf(hook_id, workspace_id)),
    inFlight: () => in_flight,
    queued: () => queued,
    close: () => {
      closed = true;
      return [...lanes.values()].flatMap((lane) => shrink(lane, 0));
    },
  };
};
