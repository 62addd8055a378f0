import type { Database } from 'better-sqlite3';
import { type Kysely, sql } from 'kysely';
import type { Schema } from '../schema.ts';
import { prepare } from './prepared.ts';

/** Deletes old events with everything that belongs to them, inside the open transaction; answers how many. */
export type PruneEvents = (prune: { readonly before: number; readonly limit: number }) => number;

interface Old {
  readonly workspace_id: string;
  readonly id: string;
}

interface OldQuery {
  readonly workspace_id: string;
  readonly after: string;
  readonly before: number;
  readonly limit: number;
}

/** Old events of a workspace that one pass looks at. */
const WINDOW = 1_000;

/** The verb's statements, prepared on one connection. */
export const createPruneEvents = (connection: {
  readonly db: Kysely<Schema>;
  readonly raw: Database;
}): PruneEvents => {
  const { db, raw } = connection;
  const selectWorkspaces = prepare<object, { id: string }>(raw, () =>
    db.selectFrom('bellwire_workspaces').select('id'),
  );
  // Ids sort by time, so the oldest of a workspace are the first of its range: no index on a date is needed.
  const selectOld = prepare<OldQuery, Old & { readonly is_open: number }>(raw, (param) =>
    db
      .selectFrom('bellwire_events')
      .select([
        'workspace_id',
        'id',
        ({ exists, selectFrom }) =>
          exists(
            selectFrom('bellwire_deliveries')
              .select(sql.lit(1).as('one'))
              .whereRef('bellwire_deliveries.event_id', '=', 'bellwire_events.id')
              .where('status', 'in', ['pending', 'sending', 'held']),
          )
            .$castTo<number>()
            .as('is_open'),
      ])
      .where('workspace_id', '=', param('workspace_id'))
      .where('id', '>', param('after'))
      .where('created_at', '<', param('before'))
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

  const pruneEvent = (event: Old): void => {
    deleteAttempts.run(event);
    deleteDeliveries.run(event);
    deleteEvent.run(event);
  };

  // Where each workspace's next window begins: old events that are still held are not looked at each second.
  const looked_at = new Map<string, string>();

  const pruneIn = (workspace_id: string, before: number, limit: number): number => {
    const after = looked_at.get(workspace_id) ?? '';
    const window = selectOld.all({ workspace_id, after, before, limit: WINDOW });
    const forgotten = window.filter(({ is_open }) => is_open === 0).slice(0, limit);
    forgotten.forEach(pruneEvent);
    const last = forgotten.length === limit ? forgotten.at(-1) : window.at(WINDOW - 1);
    if (last === undefined) looked_at.delete(workspace_id);
    else looked_at.set(workspace_id, last.id);
    return forgotten.length;
  };

  return ({ before, limit }) => {
    let left = limit;
    for (const { id } of selectWorkspaces.all({})) {
      if (left === 0) break;
      left -= pruneIn(id, before, left);
    }
    return limit - left;
  };
};
