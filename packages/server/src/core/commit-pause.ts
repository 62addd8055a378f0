/** A longer pause would be noticed by senders that wait for each answer, and would save little more. */
const PAUSE_MAX_MS = 5;
/** The pause in durations of the commit: of any with several items, and per item. */
const PAUSE = { any: 1.5, item: 1 / 8 };

/**
 * How long to wait after a commit before the next one begins, in milliseconds. A commit has a cost of its own, whatever it
 * contains: under load, a pause makes the next one larger, and saves more time than it takes. Items that arrive one by
 * one do not wait.
 */
export const commitPauseMs = (last: { readonly items: number; readonly took_ms: number }): number =>
  last.items < 2 ? 0 : Math.min(last.took_ms * Math.max(PAUSE.any, last.items * PAUSE.item), PAUSE_MAX_MS);

/** The time that a commit takes per item when the disk is fast, at most: with PostgreSQL on a machine that is busy. */
const ITEM_MS = 0.25;

/**
 * The maximum wait of an attempt until it is recorded on a fast disk, in milliseconds: for the commit that is running when
 * it ends, and for the next one. Both have about as many items.
 */
export const recordMs = (items: number): number => 2 * items * ITEM_MS;
