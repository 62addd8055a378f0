import { BellwireError } from './errors.ts';

/** The event types that Bellwire sends about its own operation. */
export const operationalTypes = [
  'bellwire.hook.disabled',
  'bellwire.hook.enabled',
  'bellwire.hook.failing',
  'bellwire.delivery.failed',
  'bellwire.backlog.high',
  'bellwire.disk.low',
] as const;
export type OperationalType = (typeof operationalTypes)[number];

const PREFIX = 'bellwire.';

/**
 * Whether an event type, or an entry of a hook's `events`, is one of Bellwire's own. `*` is not: it covers the types of
 * the user.
 */
export const isOperational = (type_or_entry: string): boolean => type_or_entry.startsWith(PREFIX);

/** The refusal of one of Bellwire's own types from a caller, at a field of its input. */
export const reservedType = (type: string, path: string): BellwireError =>
  new BellwireError(
    'reserved_event_type',
    `"${type}" is reserved: types that begin with "${PREFIX}" are for the events that Bellwire sends about its own operation. Choose a name with another beginning.`,
    { issues: [{ path, message: `must not begin with "${PREFIX}"` }] },
  );

/** A value that is reported when it is crossed, and again only after it has recovered. */
export interface Threshold {
  readonly high: number;
  /** At or below it, a crossing is over. */
  readonly recovered: number;
}

/** Whether a value counts as crossed, given whether it did before. */
export const isCrossed = (was_crossed: boolean, value: number, { high, recovered }: Threshold): boolean =>
  was_crossed ? value > recovered : value > high;

/** Age of the longest due delivery of a workspace, in milliseconds. */
export const BACKLOG_AGE: Threshold = { high: 5 * 60_000, recovered: 60_000 };

const GIB = 1024 ** 3;

/** Free bytes of a volume below which its disk is low: a tenth, or 10 GiB on a volume of more than 100 GiB. */
export const lowDiskBytes = (total_bytes: number): number => Math.floor(Math.min(total_bytes / 10, 10 * GIB));

/** Whether a disk counts as low: it recovers with half as much again as the threshold. */
export const isDiskLow = (
  was_low: boolean,
  { free_bytes, total_bytes }: { readonly free_bytes: number; readonly total_bytes: number },
): boolean => {
  const low = lowDiskBytes(total_bytes);
  return isCrossed(was_low, -free_bytes, { high: -low, recovered: -1.5 * low });
};
