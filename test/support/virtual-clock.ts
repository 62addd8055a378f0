import type { Clock } from '../../packages/server/src/ports/clock.ts';

/** A clock that only a test moves. */
export interface VirtualClock extends Clock {
  /** Waits until all `soon` work is done and all resolved promises are handled. */
  readonly settle: () => Promise<void>;
  /** Advances time, runs each timer at its moment, and settles after each. */
  readonly advance: (ms: number) => Promise<void>;
  /** Advances time from timer to timer until `promise` is settled; returns its result. */
  readonly until: <T>(promise: Promise<T>) => Promise<T>;
  /** Lets time pass while the event loop works. */
  readonly work: (ms: number) => void;
  /** Sets the wall clock forward or back; monotonic time and timers are not affected. */
  readonly jump: (ms: number) => void;
  /** When the next timer is due; null when there is none. */
  readonly nextTimer: () => number | null;
  /** Lets `settle` also wait for work outside, such as queries: null when there is none, else its next end. */
  readonly awaits: (working: () => Promise<void> | null) => void;
  /** The clock of one process: after `kill`, none of its timers and `soon` work runs. */
  readonly process: () => { readonly clock: Clock; readonly kill: () => void };
}

interface Timer {
  readonly at: number;
  readonly work: () => void;
}

/** Monday, 5 January 2026, 00:00:00 UTC. */
export const VIRTUAL_START = Date.UTC(2026, 0, 5);

const immediate = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const nothing = (): Promise<void> | null => null;

/** More turns of the event loop than any test needs, so that endless work fails instead of hanging. */
const MAX_TURNS = 200_000;

export const createVirtualClock = (start = VIRTUAL_START): VirtualClock => {
  let elapsed = 0;
  let busy = 0;
  let jumped = 0;
  const soon = { waiting: 0 };
  const timers = new Set<Timer>();
  let outside = nothing;

  // A Set iterates in the order of insertion, so timers of one moment run in the order in which they were set.
  const earliest = (): Timer | undefined => {
    let found: Timer | undefined;
    for (const timer of timers) if (found === undefined || timer.at < found.at) found = timer;
    return found;
  };

  const settle = async (): Promise<void> => {
    let turns = 0;
    for (let work: Promise<void> | null = null; turns === 0 || soon.waiting > 0 || work !== null;) {
      await work;
      await immediate();
      turns += 1;
      if (turns > MAX_TURNS) throw new Error('the `soon` work never ends');
      work = outside();
    }
  };

  const runTimersUntil = async (moment: number): Promise<void> => {
    await settle();
    for (;;) {
      const timer = earliest();
      if (timer === undefined || timer.at > moment) return;
      timers.delete(timer);
      elapsed = Math.max(elapsed, timer.at);
      timer.work();
      await settle();
    }
  };

  const runSoon = (work: () => void): void => {
    soon.waiting += 1;
    setImmediate(() => {
      soon.waiting -= 1;
      work();
    });
  };

  const clock: Clock = {
    now: () => Math.floor(start + elapsed + jumped),
    monotonic: () => elapsed,
    busy: () => busy,
    after: (delay_ms, work) => {
      const timer = { at: elapsed + delay_ms, work };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    soon: runSoon,
    later: runSoon,
  };

  return {
    ...clock,
    settle,
    advance: async (ms) => {
      const moment = elapsed + ms;
      await runTimersUntil(moment);
      elapsed = moment;
    },
    until: async (promise) => {
      const state = { ended: false };
      const end = (): void => {
        state.ended = true;
      };
      promise.then(end, end);
      await settle();
      for (let timer = earliest(); !state.ended; timer = earliest()) {
        if (timer === undefined) throw new Error('nothing is left that could settle the promise');
        await runTimersUntil(timer.at);
      }
      return promise;
    },
    work: (ms) => {
      elapsed += ms;
      busy += ms;
    },
    jump: (ms) => {
      jumped += ms;
    },
    nextTimer: () => {
      const timer = earliest();
      return timer === undefined ? null : start + timer.at + jumped;
    },
    awaits: (working) => {
      outside = working;
    },
    process: () => {
      let alive = true;
      const whileAlive = (work: () => void) => () => {
        if (alive) work();
      };
      return {
        clock: {
          ...clock,
          after: (delay_ms, work) => clock.after(delay_ms, whileAlive(work)),
          soon: (work) => clock.soon(whileAlive(work)),
          later: (work) => clock.later(whileAlive(work)),
        },
        kill: () => {
          alive = false;
        },
      };
    },
  };
};
