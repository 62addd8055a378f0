import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely';
import { firstIdAt } from '../../core/ids.ts';
import {
  EMPTY_TALLY,
  type RecoverableStatus,
  type RecoveryFilter,
  type RecoveryKind,
  type RecoveryTally,
} from '../../core/recovery.ts';
import type { Schema } from '../schema.ts';
import { stoppedColumns } from '../stopped-columns.ts';
import { blockedBy, type Ordered, releaseOrders } from './orders.ts';

/** The part of a job that selects its deliveries. */
export interface Job {
  readonly workspace_id: string;
  readonly kind: RecoveryKind;
  readonly filter: RecoveryFilter;
  readonly after: string | null;
  readonly now: number;
}

/** Rows examined per read. Filters apply within this window, so that no read of a large workspace is long. */
const WINDOW = 20_000;
/** Maximum time by which the id of a row may be ahead of its `created_at`. */
const CLOCK_SLACK_MS = 3_600_000;

/** The next rows of the workspace by id, which is the order of their creation. */
const windowOf = (db: Kysely<Schema>, { workspace_id, filter, after }: Job) => {
  let window = db
    .selectFrom('bellwire_deliveries')
    .selectAll()
    .where('workspace_id', '=', workspace_id)
    .orderBy('id')
    .limit(WINDOW);
  if (after !== null) window = window.where('id', '>', after);
  if (filter.delivery_ids !== null) return window.where('id', 'in', filter.delivery_ids);
  return window
    .where('id', '>=', firstIdAt('dlv', filter.since))
    .where('id', '<', firstIdAt('dlv', filter.until + CLOCK_SLACK_MS));
};

/** Whether the hook of a row is active, found by its unique id. */
const hasActiveHook = (table: 'row' | 'bellwire_deliveries'): RawBuilder<boolean> =>
  sql<boolean>`exists (select 1 from ${sql.table('bellwire_hooks')} as hook where hook.id = ${sql.ref(`${table}.hook_id`)}
    and hook.status = 'active' and hook.deleted_at is null)`;

/** Whether the payload of the event of a row is still stored. */
const hasStoredPayload = (table: 'row' | 'bellwire_deliveries'): RawBuilder<boolean> =>
  sql<boolean>`exists (select 1 from ${sql.table('bellwire_events')} where bellwire_events.workspace_id = ${sql.ref(`${table}.workspace_id`)}
    and bellwire_events.id = ${sql.ref(`${table}.event_id`)} and bellwire_events.payload_expired_at is null)`;

const hasPayload = sql<number>`case when ${hasStoredPayload('row')} then 1 else 0 end`;

const isActive = sql<number>`case when ${hasActiveHook('row')} then 1 else 0 end`;

const isOutside = sql<number>`case when row.order_key is null and exists (select 1 from ${sql.table('bellwire_hooks')}
  where bellwire_hooks.id = row.hook_id and bellwire_hooks.ordered = 1) then 1 else 0 end`;

const isDelayed = (now: number): RawBuilder<boolean> =>
  sql<boolean>`(row.status = 'pending' and (row.next_attempt_at is null or
    (row.attempts = 0 and row.failure_reason is null and row.next_attempt_at > ${now})))`;

const storedStatuses = ({ statuses }: RecoveryFilter) => statuses.filter((status) => status !== 'missed');

/** The deliveries of the window that the job covers. Pings, tests and validations are never sent again. */
const matching = (db: Kysely<Schema>, job: Job) => {
  const { kind, now, filter } = job;
  const { hook_id, tenant, event_type, outcome, since, until } = filter;
  let query = db
    .selectFrom(windowOf(db, job).as('row'))
    .where('row.status', 'in', storedStatuses(job.filter))
    .where('row.trigger', 'in', ['scheduled', 'recovery'])
    .where('row.created_at', '>=', since)
    .where('row.created_at', '<', until);
  // A delivery that waits for the `deliver_at` of its event, or for earlier ones of its order, has not been missed.
  if (kind === 'recover') query = query.where(({ not }) => not(isDelayed(now)));
  if (hook_id !== null) query = query.where('row.hook_id', '=', hook_id);
  if (tenant !== null) query = query.where('row.tenant', '=', tenant);
  if (event_type !== null) query = query.where('row.event_type', '=', event_type);
  if (outcome !== null) query = query.where('row.last_outcome', '=', outcome);
  return query;
};

/** The id of the last row of a full window; null if the window reaches the end. */
const endOfWindow = async (db: Kysely<Schema>, job: Job): Promise<string | null> => {
  const last = await windowOf(db, job)
    .clearSelect()
    .select('id')
    .offset(WINDOW - 1)
    .limit(1)
    .executeTakeFirst();
  return last?.id ?? null;
};

export interface CoveredDelivery extends Ordered {
  readonly id: string;
  /** 1 for a delivery of an ordered hook without a place in its order. */
  readonly is_outside: number;
  readonly status: RecoverableStatus;
  readonly created_at: number;
  readonly is_active: number;
  readonly has_payload: number;
}

/** The next deliveries of the job, oldest first, and where the following slice starts; null after the last one. */
export const selectSlice = async (
  reader: Kysely<Schema>,
  job: Job & { readonly limit: number },
): Promise<{ readonly deliveries: readonly CoveredDelivery[]; readonly next: string | null }> => {
  const rows = await matching(reader, job)
    .select([
      'row.id',
      'row.status',
      'row.created_at',
      'row.hook_id',
      'row.order_key',
      isOutside.as('is_outside'),
      isActive.as('is_active'),
      hasPayload.as('has_payload'),
    ])
    .orderBy('row.id')
    .limit(job.limit)
    .execute();
  const deliveries = rows as readonly CoveredDelivery[];
  const next =
    deliveries.length < job.limit ? await endOfWindow(reader, job) : (deliveries.at(-1)?.id ?? null);
  return { deliveries, next };
};

/**
 * `now`, so that a recovery sends the oldest first; one that is due already keeps its place before the others, and one of
 * a delayed event its time.
 */
const dueAt = (now: number): RawBuilder<number> =>
  sql<number>`case when next_attempt_at < ${now} then next_attempt_at else coalesce(
    (select deliver_at from ${sql.table('bellwire_events')} where bellwire_events.workspace_id = bellwire_deliveries.workspace_id
      and bellwire_events.id = bellwire_deliveries.event_id and deliver_at > ${now}), ${now}) end`;

/** As `dueAt`, but null for a delivery that waits for earlier ones of its order. */
const dueInOrder = (now: number): RawBuilder<number | null> =>
  sql<
    number | null
  >`case when ${blockedBy('bellwire_deliveries')} is not null then null else ${dueAt(now)} end`;

const change = (trx: Transaction<Schema>, { kind, now }: Job, status: RecoverableStatus) => {
  const update = trx.updateTable('bellwire_deliveries');
  if (kind === 'cancel') {
    return update.set({ ...stoppedColumns('canceled', 'by_user'), updated_at: now });
  }
  return update.set({
    status: 'pending',
    trigger: 'recovery',
    next_attempt_at: dueInOrder(now),
    failures: 0,
    returns: 0,
    failure_reason: null,
    updated_at: now,
    ...(status === 'succeeded' ? { has_succeeded: 1 } : {}),
  });
};

/** Changes the deliveries that still have the status in which they were selected, and returns what it changed. */
export const applySlice = async (
  trx: Transaction<Schema>,
  job: Job,
  deliveries: readonly CoveredDelivery[],
): Promise<RecoveryTally> => {
  const is_cancel = job.kind === 'cancel';
  const active = deliveries.filter(({ is_active }) => is_cancel || is_active !== 0);
  const sendable = active.filter(({ has_payload }) => is_cancel || has_payload !== 0);
  const counts = { ...EMPTY_TALLY.counts };
  const outside = new Set(sendable.filter(({ is_outside }) => is_outside !== 0).map(({ id }) => id));
  let outside_order = 0;
  for (const status of storedStatuses(job.filter)) {
    const ids = sendable.filter((one) => one.status === status).map(({ id }) => id);
    if (ids.length === 0) continue;
    let query = change(trx, job, status)
      .where('workspace_id', '=', job.workspace_id)
      .where('id', 'in', ids)
      .where('status', '=', status);
    // An attempt of this very job may have disabled the hook meanwhile.
    if (!is_cancel) {
      query = query
        .where(hasActiveHook('bellwire_deliveries'))
        .where(hasStoredPayload('bellwire_deliveries'));
    }
    const changed = await query.returning('id').execute();
    counts[status] = changed.length;
    if (!is_cancel) outside_order += changed.filter(({ id }) => outside.has(id)).length;
  }
  if (is_cancel) await releaseOrders(trx, deliveries, job.now);
  const changed = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return {
    counts,
    skipped: {
      hook_not_active: deliveries.length - active.length,
      payload_expired: active.length - sendable.length,
      changed: sendable.length - changed,
    },
    outside_order,
    oldest: changed === 0 ? null : (sendable[0]?.created_at ?? null),
    newest: changed === 0 ? null : (sendable.at(-1)?.created_at ?? null),
  };
};

interface Group {
  readonly status: RecoverableStatus;
  readonly is_active: number;
  readonly has_payload: number;
  readonly is_outside: number;
  readonly count: number;
  readonly oldest: number;
  readonly newest: number;
}

/** Counts one window. Deliveries of inactive hooks are skipped, unless the filter names the hook. */
export const tallyDeliveries = async (
  reader: Kysely<Schema>,
  job: Job,
): Promise<{ readonly tally: RecoveryTally; readonly next: string | null }> => {
  const groups = (await matching(reader, job)
    .select(({ fn }) => [
      'row.status',
      isActive.as('is_active'),
      hasPayload.as('has_payload'),
      isOutside.as('is_outside'),
      fn.countAll<number>().as('count'),
      fn.min('row.created_at').as('oldest'),
      fn.max('row.created_at').as('newest'),
    ])
    .groupBy(['row.status', 'is_active', 'has_payload', 'is_outside'])
    .execute()) as readonly Group[];
  const isSkipped = ({ is_active }: Group): boolean =>
    is_active === 0 && job.kind !== 'cancel' && job.filter.hook_id === null;
  const inactive = groups.filter(isSkipped);
  const active = groups.filter((group) => !isSkipped(group));
  const counted = active.filter(({ has_payload }) => job.kind === 'cancel' || has_payload !== 0);
  const counts = { ...EMPTY_TALLY.counts };
  for (const { status, count } of counted) counts[status] += count;
  const sum = (of: readonly Group[]): number => of.reduce((total, { count }) => total + count, 0);
  const tally = {
    counts,
    skipped: {
      hook_not_active: sum(inactive),
      payload_expired: sum(active) - sum(counted),
      changed: 0,
    },
    outside_order: job.kind === 'cancel' ? 0 : sum(counted.filter(({ is_outside }) => is_outside !== 0)),
    oldest: counted.length === 0 ? null : Math.min(...counted.map(({ oldest }) => oldest)),
    newest: counted.length === 0 ? null : Math.max(...counted.map(({ newest }) => newest)),
  };
  return { tally, next: await endOfWindow(reader, job) };
};
