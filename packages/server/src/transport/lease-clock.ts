import { LeaseWindow } from '../core/lease-window.ts';
import type { Clock } from '../ports/clock.ts';
import type { OutboundRequest } from '../ports/transport.ts';

/** A window with the clock of its times, as plain data for a thread: the monotonic clock of each begins elsewhere. */
export interface LeaseClock {
  readonly shared: SharedArrayBuffer;
  /** The monotonic clock of the thread that writes the window, minus `process.hrtime`. */
  readonly offset_ms: number;
}

const hrtimeMs = (): number => Number(process.hrtime.bigint()) / 1e6;

/** `clock` is the one of the times of the window. Null without a window. */
export const leaseClockOf = (
  window: LeaseWindow | null,
  clock: Pick<Clock, 'monotonic'>,
): LeaseClock | null =>
  window === null ? null : { shared: window.shared, offset_ms: clock.monotonic() - hrtimeMs() };

/** Whether the lease of a request is still held, in any thread. Always without a window. */
export const mayBeginIn = (clock: LeaseClock | null): ((request: OutboundRequest) => boolean) => {
  if (clock === null) return () => true;
  const window = new LeaseWindow(clock.shared);
  return ({ checked_at }) => window.covers(checked_at, hrtimeMs() + clock.offset_ms);
};
