import { type Kysely, sql } from 'kysely';
import { type Hook, isSubscribed } from '../../core/hook.ts';
import { firstIdAt } from '../../core/ids.ts';
import type { Repositories, ResendFilter, TimeRange } from '../../ports/repositories.ts';
import type { Schema } from '../schema.ts';

const activeHooks = (db: Kysely<Schema>, workspace_id: string) =>
  db
    .selectFrom('bellwire_hooks')
    .select('id')
    .where('workspace_id', '=', workspace_id)
    .where('status', '=', 'active')
    .where('deleted_at', 'is', null);

/**
 * Scheduled deliveries in a state, of events of a time range: a delivery that a replay made is as old as its event.
 * The status is a literal, so that its partial index serves.
 */
const inState = (db: Kysely<Schema>, filter: ResendFilter, status: 'held' | 'failed') => {
  const { workspace_id, hook_id, event_type, since, until } = filter;
  let query = db
    .selectFrom('bellwire_deliveries')
    .where('workspace_id', '=', workspace_id)
    .where('status', '=', sql.lit(status))
    .where('trigger', '=', 'scheduled')
    .where('id', '>=', firstIdAt('dlv', since))
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
    .orderBy('id');
  if (event_type !== undefined) query = query.where('event_type', '=', event_type);
  return hook_id === null
    ? query.where('hook_id', 'in', activeHooks(db, workspace_id))
    : query.where('hook_id', '=', hook_id);
};

/** Events of a time range for everybody, with the delivery that the hook has of each. */
const eventsFor = (db: Kysely<Schema>, hook: Hook, { since, until }: TimeRange) =>
  db
    .selectFrom('bellwire_events')
    .leftJoin('bellwire_deliveries', (join) =>
      join
        .onRef('bellwire_deliveries.event_id', '=', 'bellwire_events.id')
        .on('bellwire_deliveries.hook_id', '=', hook.id),
    )
    .select(['bellwire_events.id', 'bellwire_events.type', 'bellwire_deliveries.id as delivery_id'])
    .where('bellwire_events.workspace_id', '=', hook.workspace_id)
    .where('bellwire_events.addressed', '=', 0)
    .where('bellwire_events.id', '>=', firstIdAt('evt', since))
    .where('bellwire_events.created_at', '>=', since)
    .where('bellwire_events.created_at', '<', until)
    .orderBy('bellwire_events.id');

const newDelivery = (hook: Hook, event: { readonly id: string; readonly type: string }, now: number) => ({
  workspace_id: hook.workspace_id,
  event_id: event.id,
  event_type: event.type,
  hook_id: hook.id,
  trigger: 'scheduled' as const,
  status: 'pending' as const,
  attempts: 0,
  failures: 0,
  next_attempt_at: now,
  lease_token: 0,
  lease_until: null,
  resume_status: null,
  resume_at: null,
  failure_reason: null,
  created_at: now,
  updated_at: now,
});

export const createReplayRepository = (db: Kysely<Schema>): Repositories['replay'] => ({
  count: async (filter, status) => {
    const { count } = await inState(db, filter, status)
      .clearOrderBy()
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow();
    return count;
  },
  resend: async (filter, status, { after, limit, now }) => {
    let query = inState(db, filter, status).select('id').limit(limit);
    if (after !== null) query = query.where('id', '>', after);
    const ids = (await query.execute()).map(({ id }) => id);
    if (ids.length === 0) return { replayed: 0, next: null };
    const { numUpdatedRows } = await db
      .updateTable('bellwire_deliveries')
      .set({ status: 'pending', next_attempt_at: now, failures: 0, failure_reason: null, updated_at: now })
      .where('workspace_id', '=', filter.workspace_id)
      .where('id', 'in', ids)
      .where('status', '=', status)
      // What was sent again may have disabled its hook meanwhile: the rest stays held, or failed.
      .where('hook_id', 'in', activeHooks(db, filter.workspace_id))
      .executeTakeFirst();
    return { replayed: Number(numUpdatedRows), next: ids.at(-1) ?? null };
  },
  countMissed: async (hook, range) => {
    const rows = await eventsFor(db, hook, range)
      .clearSelect()
      .clearOrderBy()
      .select(['bellwire_events.type', ({ fn }) => fn.countAll<number>().as('count')])
      .where('bellwire_deliveries.id', 'is', null)
      .groupBy('bellwire_events.type')
      .execute();
    return rows.reduce((sum, { type, count }) => sum + (isSubscribed(hook, type) ? count : 0), 0);
  },
  sendMissed: (hook, range, { after, limit, now, newId }) =>
    db.transaction().execute(async (trx) => {
      const active = activeHooks(trx, hook.workspace_id).where('id', '=', hook.id);
      if ((await active.executeTakeFirst()) === undefined) return { replayed: 0, next: null };
      let query = eventsFor(trx, hook, range).limit(limit);
      if (after !== null) query = query.where('bellwire_events.id', '>', after);
      const events = await query.execute();
      const missed = events.filter(
        ({ delivery_id, type }) => delivery_id === null && isSubscribed(hook, type),
      );
      for (const event of missed) {
        await trx
          .insertInto('bellwire_deliveries')
          .values({ ...newDelivery(hook, event, now), id: newId() })
          .execute();
      }
      return { replayed: missed.length, next: events.at(-1)?.id ?? null };
    }),
});
