import { expressionBuilder, type Kysely, sql, type Transaction } from 'kysely';
import { servesTenant } from '../../core/fan-out.ts';
import { type Hook, isSubscribed } from '../../core/hook.ts';
import { firstIdAt } from '../../core/ids.ts';
import type { Repositories, ResendFilter, TimeRange } from '../../ports/repositories.ts';
import { newDeliveryRow } from '../rows/delivery-row.ts';
import type { Connections, Schema } from '../schema.ts';
import { lockHook } from './lock-hook.ts';
import type { RepositoryParts } from './parts.ts';

const activeHooks = (db: Kysely<Schema>, workspace_id: string) =>
  db
    .selectFrom('bellwire_hooks')
    .select('id')
    .where('workspace_id', '=', workspace_id)
    .where('status', '=', 'active')
    .where('deleted_at', 'is', null);

/**
 * Scheduled deliveries in a state, by the times of their events: a delivery that a replay created is as old as its event.
 * `state` reads the partial index of the status, which must be a literal for that. The cross join makes SQLite read it
 * first; otherwise it prefers the primary key and reads every row of the workspace.
 */
const inState = (db: Kysely<Schema>, filter: ResendFilter, status: 'held' | 'failed') => {
  const { workspace_id, hook_id, event_type, since, until } = filter;
  let query = db
    .selectFrom('bellwire_deliveries as state')
    .crossJoin('bellwire_deliveries')
    .whereRef('bellwire_deliveries.workspace_id', '=', 'state.workspace_id')
    .whereRef('bellwire_deliveries.id', '=', 'state.id')
    .where('state.workspace_id', '=', workspace_id)
    .where('state.status', '=', sql.lit(status))
    .where('state.id', '>=', firstIdAt('dlv', since))
    .where('bellwire_deliveries.trigger', '=', 'scheduled')
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('bellwire_events')
          .select(sql.lit(1).as('one'))
          .where('bellwire_events.workspace_id', '=', workspace_id)
          .whereRef('bellwire_events.id', '=', 'bellwire_deliveries.event_id')
          .where('bellwire_events.created_at', '>=', since)
          .where('bellwire_events.created_at', '<', until),
      ),
    )
    .orderBy('state.id');
  if (event_type !== undefined) query = query.where('bellwire_deliveries.event_type', '=', event_type);
  // The index of held deliveries starts with the hook; that of failed ones does not include it.
  const hook = status === 'held' ? 'state.hook_id' : 'bellwire_deliveries.hook_id';
  return hook_id === null
    ? query.where(hook, 'in', activeHooks(db, workspace_id))
    : query.where(hook, '=', hook_id);
};

/** Maximum time by which the id of an event may be ahead of its `created_at`. */
const CLOCK_SLACK_MS = 3_600_000;

/** The events of a time range without `hook_ids`, each with the hook's delivery of it. */
const eventsFor = (db: Kysely<Schema>, hook: Hook, { since, until }: TimeRange) =>
  db
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

interface MissedEvent {
  readonly id: string;
  readonly tenant: string | null;
  readonly type: string;
  readonly deliver_at: number | null;
}

const insertMissed = async (
  trx: Transaction<Schema>,
  hook: Hook,
  {
    event,
    delivery_id,
    now,
    wire_id,
  }: {
    readonly event: MissedEvent;
    readonly delivery_id: string;
    readonly now: number;
    readonly wire_id: string | null;
  },
): Promise<void> => {
  const { workspace_id } = hook;
  const row = newDeliveryRow(
    {
      workspace_id,
      id: delivery_id,
      tenant: event.tenant,
      event_id: event.id,
      event_type: event.type,
      hook_id: hook.id,
      trigger: 'scheduled',
      status: 'pending',
    },
    { now, next_attempt_at: Math.max(now, event.deliver_at ?? now) },
  );
  await trx.insertInto('bellwire_deliveries').values(row).execute();
  if (wire_id === null) return;
  await trx
    .insertInto('bellwire_wire_ids')
    .values({ workspace_id, wire_id, event_id: event.id })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
};

const isMissed = (hook: Hook, event: MissedEvent & { readonly delivery_id: string | null }): boolean =>
  event.delivery_id === null && servesTenant(hook, event.tenant) && isSubscribed(hook, event.type);

type ReplayRepository = Repositories['replay'];

/** `now`, or the time until which the event of a delivery is delayed. */
const dueAt = (now: number) =>
  sql<number>`coalesce((${expressionBuilder<Schema, 'bellwire_deliveries'>()
    .selectFrom('bellwire_events')
    .select('deliver_at')
    .whereRef('bellwire_events.workspace_id', '=', 'bellwire_deliveries.workspace_id')
    .whereRef('bellwire_events.id', '=', 'bellwire_deliveries.event_id')
    .where('deliver_at', '>', now)}), ${now})`;

/** Makes the deliveries of active hooks due and returns their number. */
const makeDue = async (
  db: Kysely<Schema>,
  ids: readonly string[],
  { filter, status, now }: { readonly filter: ResendFilter; readonly status: string; readonly now: number },
): Promise<number> => {
  const { numUpdatedRows } = await db
    .updateTable('bellwire_deliveries')
    .set({
      status: 'pending',
      next_attempt_at: dueAt(now),
      failures: 0,
      returns: 0,
      failure_reason: null,
      updated_at: now,
    })
    .where('workspace_id', '=', filter.workspace_id)
    .where('id', 'in', ids)
    .where(sql<string>`status`, '=', status)
    // The replay itself may have disabled the hook meanwhile: its other deliveries stay held or failed.
    .where('hook_id', 'in', activeHooks(db, filter.workspace_id))
    .executeTakeFirst();
  return Number(numUpdatedRows);
};

/** The events that still exist and of which the locked hook has no delivery. */
const stillMissed = async (
  trx: Transaction<Schema>,
  hook: Hook,
  events: readonly MissedEvent[],
): Promise<readonly MissedEvent[]> => {
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

const countMissed = async (reader: Kysely<Schema>, hook: Hook, range: TimeRange): Promise<number> => {
  const rows = await eventsFor(reader, hook, range)
    .clearSelect()
    .clearOrderBy()
    .select(['bellwire_events.type', 'bellwire_events.tenant', ({ fn }) => fn.countAll<number>().as('count')])
    .where('bellwire_deliveries.id', 'is', null)
    .groupBy(['bellwire_events.type', 'bellwire_events.tenant'])
    .execute();
  return rows
    .filter(({ type, tenant }) => servesTenant(hook, tenant) && isSubscribed(hook, type))
    .reduce((sum, { count }) => sum + count, 0);
};

/** Selects deliveries on the reader, without blocking accepts; each write changes at most one slice. */
export const createReplayRepository = (
  { db, reader }: Connections,
  { wireIdOf }: RepositoryParts,
): ReplayRepository => ({
  count: async (filter, status) => {
    const { count } = await inState(reader, filter, status)
      .clearOrderBy()
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow();
    return count;
  },
  resend: async (filter, status, { after, limit, now }) => {
    let query = inState(reader, filter, status).select('state.id').limit(limit);
    if (after !== null) query = query.where('state.id', '>', after);
    const ids = (await query.execute()).map(({ id }) => id);
    if (ids.length === 0) return { replayed: 0, next: null };
    return { replayed: await makeDue(db, ids, { filter, status, now }), next: ids.at(-1) ?? null };
  },
  countMissed: (hook, range) => countMissed(reader, hook, range),
  sendMissed: async (hook, range, { after, limit, now, newId }) => {
    let query = eventsFor(reader, hook, range).limit(limit);
    if (after !== null) query = query.where('bellwire_events.id', '>', after);
    const events = await query.execute();
    const candidates = events.filter((event) => isMissed(hook, event));
    return db.transaction().execute(async (trx) => {
      const locked = await lockHook(trx, hook.workspace_id, hook.id);
      if (locked?.status !== 'active') return { replayed: 0, next: null };
      const missed = await stillMissed(trx, hook, candidates);
      for (const event of missed) {
        const wire_id = wireIdOf(hook.dialect, event.id);
        await insertMissed(trx, hook, { event, delivery_id: newId(), now, wire_id });
      }
      return { replayed: missed.length, next: events.at(-1)?.id ?? null };
    });
  },
});
