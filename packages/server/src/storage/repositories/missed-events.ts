import type { Kysely, Transaction } from 'kysely';
import { sql } from 'kysely';
import { isSubscriber } from '../../core/fan-out.ts';
import type { Hook } from '../../core/hook.ts';
import { firstIdAt } from '../../core/ids.ts';
import { EMPTY_TALLY, type RecoveryTally } from '../../core/recovery.ts';
import { newDeliveryRow } from '../rows/delivery-row.ts';
import { toHook } from '../rows/hook-row.ts';
import type { Schema } from '../schema.ts';
import type { Job } from './covered-deliveries.ts';
import { applyFilter, FILTERED_WINDOW } from './filter-missed.ts';
import { lockHook } from './lock-hook.ts';
import type { RepositoryParts } from './parts.ts';

/** Events examined per read of a count. */
const WINDOW = 20_000;
/** Maximum time by which the id of an event may be ahead of its `created_at`. */
const CLOCK_SLACK_MS = 3_600_000;

interface SeenEvent {
  readonly id: string;
  readonly tenant: string | null;
  readonly type: string;
  readonly created_at: number;
  readonly payload_expired_at: number | null;
  readonly deliver_at: number | null;
  /** The hook's delivery of it. */
  readonly delivery_id: string | null;
}

const selectHook = async (db: Kysely<Schema>, { workspace_id, filter }: Job): Promise<Hook | null> => {
  const row = await db
    .selectFrom('bellwire_hooks')
    .selectAll()
    .where('workspace_id', '=', workspace_id)
    .where('id', '=', filter.hook_id ?? '')
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  return row === undefined ? null : toHook(row);
};

/** Events of the job's time range without `hook_ids`, accepted since the hook exists, each with the hook's delivery. */
const eventsFor = (db: Kysely<Schema>, hook: Hook, { filter, after }: Job) => {
  const { until, tenant, event_type } = filter;
  const since = Math.max(filter.since, hook.created_at);
  let query = db
    .selectFrom('bellwire_events')
    .leftJoin('bellwire_deliveries', (join) =>
      join
        .onRef('bellwire_deliveries.event_id', '=', 'bellwire_events.id')
        .on('bellwire_deliveries.hook_id', '=', hook.id),
    )
    .select([
      'bellwire_events.id',
      'bellwire_events.tenant',
      'bellwire_events.type',
      'bellwire_events.created_at',
      'bellwire_events.payload_expired_at',
      'bellwire_events.deliver_at',
      'bellwire_deliveries.id as delivery_id',
    ])
    .where('bellwire_events.workspace_id', '=', hook.workspace_id)
    .where('bellwire_events.addressed', '=', 0)
    // An unfinished fan-out may still store a delivery for this hook.
    .where(({ exists, not, selectFrom }) =>
      not(
        exists(
          selectFrom('bellwire_fan_outs')
            .select(sql.lit(1).as('one'))
            .whereRef('bellwire_fan_outs.workspace_id', '=', 'bellwire_events.workspace_id')
            .whereRef('bellwire_fan_outs.event_id', '=', 'bellwire_events.id'),
        ),
      ),
    )
    // By id, to bound the range that is read: an id is as old as its event, unless the clock was set back.
    .where('bellwire_events.id', '>=', firstIdAt('evt', since))
    .where('bellwire_events.id', '<', firstIdAt('evt', until + CLOCK_SLACK_MS))
    .where('bellwire_events.created_at', '>=', since)
    .where('bellwire_events.created_at', '<', until)
    .orderBy('bellwire_events.id');
  if (after !== null) query = query.where('bellwire_events.id', '>', after);
  if (tenant !== null) query = query.where('bellwire_events.tenant', '=', tenant);
  if (event_type !== null) query = query.where('bellwire_events.type', '=', event_type);
  return query;
};

/** Up to `limit` events of the range; `missed` are those that the hook subscribes to and its
 * filter matches, but of which it has no delivery. */
export interface MissedSlice {
  readonly missed: readonly SeenEvent[];
  /** The number of those whose payload has been removed: they cannot be sent. */
  readonly payload_expired: number;
  readonly is_ordered: boolean;
  readonly next: string | null;
}

export const missedSlice = async (
  reader: Kysely<Schema>,
  job: Job & { readonly limit: number },
): Promise<MissedSlice> => {
  const hook = await selectHook(reader, job);
  if (hook === null) return { missed: [], payload_expired: 0, is_ordered: false, next: null };
  const limit = hook.filter === null ? job.limit : Math.min(job.limit, FILTERED_WINDOW);
  const events: readonly SeenEvent[] = await eventsFor(reader, hook, job).limit(limit).execute();
  const missed = events.filter(
    ({ delivery_id, tenant, type }) => delivery_id === null && isSubscriber(hook, type, tenant),
  );
  const sendable = missed.filter(({ payload_expired_at }) => payload_expired_at === null);
  const { last, out } = await applyFilter(
    reader,
    hook,
    sendable.map(({ id }) => id),
  );
  const isRead = ({ id }: SeenEvent): boolean => last === null || id <= last;
  return {
    missed: sendable.filter((event) => isRead(event) && !out.has(event.id)),
    payload_expired: missed.filter((event) => event.payload_expired_at !== null && isRead(event)).length,
    is_ordered: hook.ordered,
    next: last ?? (events.length < limit ? null : (events.at(-1)?.id ?? null)),
  };
};

const tallyOf = (
  missed: readonly SeenEvent[],
  { payload_expired, is_ordered }: Pick<MissedSlice, 'payload_expired' | 'is_ordered'>,
): RecoveryTally => ({
  ...EMPTY_TALLY,
  skipped: { ...EMPTY_TALLY.skipped, payload_expired },
  counts: { ...EMPTY_TALLY.counts, missed: missed.length },
  outside_order: is_ordered ? missed.length : 0,
  oldest: missed[0]?.created_at ?? null,
  newest: missed.at(-1)?.created_at ?? null,
});

export const tallyMissed = async (
  reader: Kysely<Schema>,
  job: Job,
): Promise<{ readonly tally: RecoveryTally; readonly next: string | null }> => {
  const slice = await missedSlice(reader, { ...job, limit: WINDOW });
  return { tally: tallyOf(slice.missed, slice), next: slice.next };
};

/** The events that still exist and of which the locked hook has no delivery. */
const stillMissed = async (
  trx: Transaction<Schema>,
  hook: Pick<Hook, 'id' | 'workspace_id'>,
  events: readonly SeenEvent[],
): Promise<readonly SeenEvent[]> => {
  const ids = events.map(({ id }) => id);
  if (ids.length === 0) return [];
  const delivered = await trx
    .selectFrom('bellwire_deliveries')
    .select('event_id')
    .where('event_id', 'in', ids)
    .where('hook_id', '=', hook.id)
    .execute();
  const known = new Set(delivered.map(({ event_id }) => event_id));
  const existing = await trx
    .selectFrom('bellwire_events')
    .select('id')
    .where('workspace_id', '=', hook.workspace_id)
    .where('id', 'in', ids)
    .execute();
  const present = new Set(existing.map(({ id }) => id));
  return events.filter(({ id }) => present.has(id) && !known.has(id));
};

const insertMissed = async (
  trx: Transaction<Schema>,
  event: SeenEvent,
  delivery: {
    readonly id: string;
    readonly workspace_id: string;
    readonly hook_id: string;
    readonly now: number;
    readonly wire_id: string | null;
  },
): Promise<void> => {
  const { now, wire_id, ...rest } = delivery;
  const row = newDeliveryRow(
    {
      ...rest,
      tenant: event.tenant,
      event_id: event.id,
      event_type: event.type,
      trigger: 'recovery',
      status: 'pending',
    },
    { now, next_attempt_at: Math.max(now, event.deliver_at ?? now) },
  );
  await trx.insertInto('bellwire_deliveries').values(row).execute();
  if (wire_id === null) return;
  await trx
    .insertInto('bellwire_wire_ids')
    .values({ workspace_id: rest.workspace_id, wire_id, event_id: event.id })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
};

/** Stores a delivery of each missed event, due at once. */
export const sendMissed = async (
  trx: Transaction<Schema>,
  slice: MissedSlice,
  options: Job & Pick<RepositoryParts, 'wireIdOf'> & { readonly newId: () => string },
): Promise<RecoveryTally> => {
  const { missed, payload_expired } = slice;
  const { workspace_id, filter, now, newId, wireIdOf } = options;
  const hook = await lockHook(trx, workspace_id, filter.hook_id ?? '');
  if (hook?.status !== 'active') {
    return { ...EMPTY_TALLY, skipped: { hook_not_active: missed.length, payload_expired, changed: 0 } };
  }
  const sent = await stillMissed(trx, hook, missed);
  for (const event of sent) {
    const wire_id = wireIdOf(hook.dialect, event.id);
    await insertMissed(trx, event, { workspace_id, id: newId(), hook_id: hook.id, now, wire_id });
  }
  const changed = missed.length - sent.length;
  return { ...tallyOf(sent, slice), skipped: { hook_not_active: 0, payload_expired, changed } };
};
