import type { Owner } from '../core/owner.ts';
import type { Clock } from '../ports/clock.ts';
import type { Scheduler } from './scheduler.ts';

export interface BackpressureOptions {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** Called repeatedly while accepts wait: by then more hooks may count as slow. */
  readonly onRecheck: () => void;
  readonly isWaitedFor: () => boolean;
}

/** Accepts wait while more deliveries than this are due in memory; otherwise accepting would starve sending. */
const HIGH_WATER_MARK = 256;
/** Interval at which slow hooks are checked again while accepts wait. */
const RECHECK_MS = 50;

/** Deliveries that are due in memory: in total, of one workspace, and of one of its tenants. */
interface Due {
  readonly total: number;
  readonly workspace: number;
  readonly tenant: number;
}

/**
 * Whether more deliveries of a tenant may become due. Above the high-water mark, a tenant with few of them continues,
 * and beyond that a workspace with few: one that sends much makes only its own accepts wait.
 */
const mayAdd = ({ total, workspace, tenant }: Due): boolean =>
  total <= HIGH_WATER_MARK ||
  (tenant <= HIGH_WATER_MARK / 32 && total <= 4 * HIGH_WATER_MARK) ||
  (workspace <= HIGH_WATER_MARK / 8 && total <= 8 * HIGH_WATER_MARK);

/** Whether the accepts and fan-outs of an owner may continue. Valid for the current turn of the event loop. */
export type Admits = (owner: Owner) => boolean;

const OPEN: Admits = () => true;

/** Makes accepts wait while enough deliveries are due in memory. Deliveries that wait for a slow hook do not count. */
export class Backpressure {
  readonly #options: BackpressureOptions;
  #is_lifted = false;
  #cancelRecheck: (() => void) | null = null;

  constructor(options: BackpressureOptions) {
    this.#options = options;
  }

  /** Which owners are admitted in this turn of the event loop. */
  admission(): Admits {
    const { scheduler } = this.#options;
    if (this.#is_lifted || scheduler.queued <= HIGH_WATER_MARK) return OPEN;
    const total = scheduler.due();
    if (total <= HIGH_WATER_MARK) return OPEN;
    this.#recheck();
    return (owner) => mayAdd({ total, ...scheduler.dueOf(owner) });
  }

  /** Admits everything from now on: shutdown stores the accepts that are waiting. */
  lift(): void {
    this.#is_lifted = true;
    this.#cancelRecheck?.();
  }

  // A hook that has just become slow holds accepts back only until the next check.
  #recheck(): void {
    const { clock, onRecheck, isWaitedFor } = this.#options;
    this.#cancelRecheck ??= clock.after(RECHECK_MS, () => {
      this.#cancelRecheck = null;
      onRecheck();
      if (isWaitedFor()) this.#recheck();
    });
  }
}
