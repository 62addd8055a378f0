import type { Database } from 'better-sqlite3';
import { type Kysely, sql } from 'kysely';
import type { Schema } from '../schema.ts';
import { prepare } from './prepared.ts';

/** Deletes old events with everything that belongs to them, inside the open transaction; answers how many. */
export type Forget = (forget: { readonly before: number; readonly limit: number }) => number;

interface Old {
  readonly workspace_id: string;
  readonly id: string;
}

/** The verb's statements, prepared on one connection. */
export const createForget = (connection: { readonly db: Kysely<Schema>; readonly raw: Database }): Forget => {
  const { db, raw } = connection;
  const selectWorkspaces = prepare<object, { id: string }>(raw, () =>
    db.selectFrom('bellwire_workspaces').select('id'),
  );
  // Ids sort by time, so the oldest of a workspace are the first of its range: no index on a date is needed.
  const selectOld = prepare<{ workspace_id: string; before: number; limit: number }, Old>(raw, (param) =>
    db
      .selectFrom('bellwire_events')
      .select(['workspace_id', 'id'])
      .where('workspace_id', '=', param('workspace_id'))
      .where('created_at', '<', param('before'))
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('bellwire_deliveries')
              .select(sql.lit(1).as('one'))
              .whereRef('bellwire_deliveries.event_id', '=', 'bellwire_events.id')
              .where('status', 'in', ['pending', 'sending', 'held']),
          ),
        ),
      )
      .orderBy('id')
      .limit(param('limit')),
  );
  const deleteAttempts = prepare<Old>(raw, (param) =>
    db
      .deleteFrom('bellwire_attempts')
      .where('delivery_id', 'in', (eb) =>
        eb.selectFrom('bellwire_deliveries').select('id').where('event_id', '=', param('id')),
      ),
  );
  const deleteDeliveries = prepare<Old>(raw, (param) =>
    db.deleteFrom('bellwire_deliveries').where('event_id', '=', param('id')),
  );
  const deleteEvent = prepare<Old>(raw, (param) =>
    db
      .deleteFrom('bellwire_events')
      .where('workspace_id', '=', param('workspace_id'))
      .where('id', '=', param('id')),
  );

  return ({ before, limit }) => {
    let left = limit;
    for (const { id: workspace_id } of selectWorkspaces.all({})) {
      const old = selectOld.all({ workspace_id, before, limit: left });
      for (const event of old) {
        deleteAttempts.run(event);
        deleteDeliveries.run(event);
        deleteEvent.run(event);
      }
      left -= old.length;
      if (left === 0) break;
    }
    return limit - left;
  };
};
