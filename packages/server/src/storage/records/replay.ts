import { type Kysely, sql } from 'kysely';
import { isSubscribed } from '../../core/hook.ts';
import { firstIdAt } from '../../core/ids.ts';
import type { Records, ReplayFilter } from '../../engine/records.ts';
import type { Schema } from '../schema.ts';

type Status = 'held' | 'failed';

/** Deliveries in a state that a replay takes. The status is a literal, so that its partial index serves. */
const inState = (db: Kysely<Schema>, { hook, since, until }: ReplayFilter, status: Status) =>
  db
    .selectFrom('bellwire_deliveries')
    .where('workspace_id', '=', hook.workspace_id)
    .where('hook_id', '=', hook.id)
    .where('status', '=', sql.lit(status))
    .where('trigger', '=', 'scheduled')
    .where('id', '>=', firstIdAt('dlv', since))
    .where('created_at', '>=', since)
    .where('created_at', '<', until)
    .orderBy('id');

/** Events of the time range for everybody, with the delivery that the hook has of each. */
const eventsFor = (db: Kysely<Schema>, { hook, since, until }: ReplayFilter) =>
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

const newDelivery = (
  { hook }: ReplayFilter,
  event: { readonly id: string; readonly type: string },
  now: number,
) => ({
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

type Slice = Parameters<Records['replay']['slice']>[1];

export const createReplayRecords = (db: Kysely<Schema>): Records['replay'] => {
  const resend = async (filter: ReplayFilter, status: Status, { after, limit, now }: Slice) => {
    let query = inState(db, filter, status).select('id').limit(limit);
    if (after !== null) query = query.where('id', '>', after);
    const ids = (await query.execute()).map(({ id }) => id);
    if (ids.length === 0) return { replayed: 0, next: null };
    const { numUpdatedRows } = await db
      .updateTable('bellwire_deliveries')
      .set({ status: 'pending', next_attempt_at: now, failures: 0, failure_reason: null, updated_at: now })
      .where('workspace_id', '=', filter.hook.workspace_id)
      .where('id', 'in', ids)
      .where('status', '=', status)
      .executeTakeFirst();
    return { replayed: Number(numUpdatedRows), next: ids.at(-1) ?? null };
  };

  const send = (filter: ReplayFilter, { after, limit, now, newId }: Slice) =>
    db.transaction().execute(async (trx) => {
      let query = eventsFor(trx, filter).limit(limit);
      if (after !== null) query = query.where('bellwire_events.id', '>', after);
      const events = await query.execute();
      const missed = events.filter(
        ({ delivery_id, type }) => delivery_id === null && isSubscribed(filter.hook, type),
      );
      for (const event of missed) {
        await trx
          .insertInto('bellwire_deliveries')
          .values({ ...newDelivery(filter, event, now), id: newId() })
          .execute();
      }
      return { replayed: missed.length, next: events.at(-1)?.id ?? null };
    });

  const countMissed = async (filter: ReplayFilter): Promise<number> => {
    const rows = await eventsFor(db, filter)
      .clearSelect()
      .clearOrderBy()
      .select(['bellwire_events.type', ({ fn }) => fn.countAll<number>().as('count')])
      .where('bellwire_deliveries.id', 'is', null)
      .groupBy('bellwire_events.type')
      .execute();
    return rows.reduce((sum, { type, count }) => sum + (isSubscribed(filter.hook, type) ? count : 0), 0);
  };

  return {
    count: async (filter, state) => {
      if (state === 'never_attempted') return countMissed(filter);
      const { count } = await inState(db, filter, state)
        .clearOrderBy()
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow();
      return count;
    },
    slice: (filter, slice) =>
      slice.state === 'never_attempted' ? send(filter, slice) : resend(filter, slice.state, slice),
  };
};
