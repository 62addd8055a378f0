import type { LeasedDelivery } from '../ports/store.ts';

/** What waits for one hook in memory and what is under way to it. */
export interface Lane {
  readonly hook_id: string;
  readonly workspace_id: string;
  readonly queue: LeasedDelivery[];
  /** Start times (monotonic) by delivery id, the oldest first. */
  readonly in_flight: Map<string, number>;
  /** Smoothed duration of its attempts, in milliseconds. */
  usual_ms: number;
}

export interface LaneLimits {
  /** Attempts at a time to one hook. */
  readonly hook_concurrency: number;
  /** Attempts at a time in all. */
  readonly concurrency: number;
}

/**
 * An attempt that lasts longer makes its hook slow. A slow hook keeps no more in memory than it can be sent at once,
 * does not hold accepts back, and shares half of the places with all other slow ones.
 */
const SLOW_MS = 250;

/** What a fast hook may keep in memory: more than the accept gate lets in at a time, so that the gate closes first. */
const FAST_QUEUE = 1_024;

/** Weight of the newest attempt in the usual duration: about the last eight count. */
const SMOOTHING = 1 / 8;

export const createLane = (hook_id: string, workspace_id: string): Lane => ({
  hook_id,
  workspace_id,
  queue: [],
  in_flight: new Map(),
  usual_ms: 0,
});

const oldestStart = (lane: Lane): number | undefined => lane.in_flight.values().next().value;

export const isSlow = (lane: Lane, now: number): boolean =>
  lane.usual_ms > SLOW_MS || now - (oldestStart(lane) ?? now) > SLOW_MS;

/** How many deliveries the lane may keep waiting in memory. */
export const queueLimit = (lane: Lane, now: number, limits: LaneLimits): number =>
  isSlow(lane, now) ? limits.hook_concurrency : FAST_QUEUE;

export const hasFreePlace = (lane: Lane, limits: LaneLimits): boolean =>
  lane.in_flight.size < limits.hook_concurrency;

/** Places beyond the limit for what somebody asked for by hand: a ping to a receiver that hangs is sent at once, too. */
const EXTRA_PLACES = 2;

export const hasExtraPlace = (lane: Lane, limits: LaneLimits): boolean =>
  lane.in_flight.size < limits.hook_concurrency + EXTRA_PLACES;

export const isIdle = (lane: Lane): boolean => lane.queue.length === 0 && lane.in_flight.size === 0;

export const noteDuration = (lane: Lane, duration_ms: number): void => {
  lane.usual_ms += (duration_ms - lane.usual_ms) * SMOOTHING;
};
