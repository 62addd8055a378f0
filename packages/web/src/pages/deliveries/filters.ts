import type { Delivery } from '@bellwire/client';
import type { Filters } from '../../data/address.ts';

const HOUR = 3_600_000;
const RANGES: Readonly<Record<string, number>> = {
  '15m': HOUR / 4,
  '1h': HOUR,
  '24h': 24 * HOUR,
  '7d': 7 * 24 * HOUR,
};

export const FILTER_NAMES = [
  'status',
  'hook_id',
  'event_type',
  'outcome',
  'tenant',
  'event_id',
  'time',
] as const;

type DeliveryStatus = Delivery['status'];

/** The filters of a list of deliveries, as the API takes them. */
export interface DeliveryQuery {
  readonly status?: DeliveryStatus;
  readonly hook_id?: string;
  readonly event_type?: string;
  readonly tenant?: string;
  readonly event_id?: string;
  readonly wire_id?: string;
  readonly outcome?: 'timeout';
  readonly since?: string;
}

/** `now` is rounded, so that the same filters are the same query for a minute. */
export const toQuery = (filters: Filters, now: number): DeliveryQuery => {
  const range = RANGES[filters['time'] ?? ''];
  const given = Object.fromEntries(
    FILTER_NAMES.filter((name) => name !== 'time' && filters[name] !== undefined).map((name) => [
      name,
      filters[name],
    ]),
  );
  return {
    ...given,
    ...(range === undefined
      ? {}
      : { since: new Date(Math.floor((now - range) / 60_000) * 60_000).toISOString() }),
  };
};

export const hasFilters = (filters: Filters): boolean =>
  FILTER_NAMES.some((name) => filters[name] !== undefined);

/** Whether a delivery belongs to the list, as far as its own fields say. */
export const matches = (query: DeliveryQuery, delivery: Delivery): boolean =>
  (query.status === undefined || delivery.status === query.status) &&
  (query.hook_id === undefined || delivery.hook_id === query.hook_id) &&
  (query.event_type === undefined || delivery.event_type === query.event_type) &&
  (query.tenant === undefined || delivery.tenant === query.tenant) &&
  (query.event_id === undefined || delivery.event_id === query.event_id) &&
  // Not in the delivery: found by reading the list again.
  query.wire_id === undefined &&
  (query.outcome === undefined || delivery.last_outcome === query.outcome) &&
  (query.since === undefined || delivery.created_at >= query.since);

const DAY = 24 * HOUR;
const RECOVERABLE = ['failed', 'held', 'pending', 'succeeded'] as const;

type Recoverable = (typeof RECOVERABLE)[number];

const isRecoverable = (status: DeliveryStatus): status is Recoverable =>
  (RECOVERABLE as readonly DeliveryStatus[]).includes(status);

/** The deliveries of a recovery. */
export interface RecoverySelection extends Pick<
  DeliveryQuery,
  'hook_id' | 'event_type' | 'tenant' | 'outcome' | 'since'
> {
  readonly delivery_ids?: string[];
  readonly statuses?: Recoverable[];
}

/**
 * The recovery of the marked deliveries, or else of all that match the filters; null if a recovery cannot have these
 * filters. Without a start, it covers what a server keeps by default.
 */
export const toSelection = (
  { status, event_id, wire_id, since, ...query }: DeliveryQuery,
  picked: ReadonlySet<string>,
  now: number,
): RecoverySelection | null => {
  if (picked.size > 0) return { delivery_ids: [...picked], statuses: [...RECOVERABLE] };
  if (event_id !== undefined || wire_id !== undefined) return null;
  if (status !== undefined && !isRecoverable(status)) return null;
  return {
    ...query,
    since: since ?? new Date(now - 30 * DAY).toISOString(),
    ...(status === undefined ? {} : { statuses: [status] }),
  };
};

/** Whether receivers may have forgotten the ids of events since then. */
export const isOld = (at: string | null): boolean => at !== null && Date.now() - Date.parse(at) > DAY;
