import type { Database } from 'better-sqlite3';
import type { Kysely } from 'kysely';
import type { Event, Trigger } from '../../core/event.ts';
import type { FanOutSlice, LeasedDelivery, Store } from '../../ports/store.ts';
import { type EventRow, toEvent } from '../rows/event-row.ts';
import type { Schema } from '../schema.ts';
import type { Batch } from './batch.ts';
import type { WriteDeliveries } from './delivery-writer.ts';
import type { IndexedHook } from './hook-reader.ts';
import { columns, prepare } from './prepared.ts';

/** Keeps the hooks of an event that its batch has no room for, inside the open transaction. */
export type WriteFanOut = (
  event: Pick<Event, 'workspace_id' | 'id'>,
  hooks: readonly IndexedHook[],
  batch: Batch,
) => void;

type Continue = Parameters<Store['continueFanOuts']>[0];
type FanOutRow = Schema['bellwire_fan_outs'];

export interface FanOuts {
  readonly write: WriteFanOut;
  /** Turns stored lists of hooks into deliveries until `max_deliveries` are stored, inside the open transaction. */
  readonly continueAll: (slice: Continue, batch: Batch) => FanOutSlice;
}

/** Hooks in one row. A row is served whole, so this is also how far a slice can go beyond its limit. */
const SLICE = 128;

/** A list of hooks is stored for scheduled events only: every other event names one hook. */
const TRIGGER: Trigger = 'scheduled';

const createStatements = ({ db, raw }: { readonly db: Kysely<Schema>; readonly raw: Database }) => ({
  insert: prepare<FanOutRow>(raw, (param) =>
    db
      .insertInto('bellwire_fan_outs')
      .values(columns(param, ['workspace_id', 'event_id', 'position', 'hook_ids'])),
  ),
  selectNext: prepare<{ workspace_id: string }, FanOutRow>(raw, (param) =>
    db
      .selectFrom('bellwire_fan_outs')
      .selectAll()
      .where('workspace_id', '>', param('workspace_id'))
      .orderBy('workspace_id')
      .orderBy('event_id')
      .orderBy('position')
      .limit(1),
  ),
  remove: prepare<FanOutRow>(raw, (param) =>
    db
      .deleteFrom('bellwire_fan_outs')
      .where('workspace_id', '=', param('workspace_id'))
      .where('event_id', '=', param('event_id'))
      .where('position', '=', param('position')),
  ),
  selectEvent: prepare<{ workspace_id: string; id: string }, EventRow>(raw, (param) =>
    db
      .selectFrom('bellwire_events')
      .selectAll()
      .where('workspace_id', '=', param('workspace_id'))
      .where('id', '=', param('id')),
  ),
});

/** The statements, prepared on one connection. */
export const createFanOuts = (
  connection: { readonly db: Kysely<Schema>; readonly raw: Database },
  writeDeliveries: WriteDeliveries,
): FanOuts => {
  const { insert, selectNext, remove, selectEvent } = createStatements(connection);
  // Workspaces take turns, so that one event for 20,000 hooks does not keep the others' waiting.
  let served = '';

  const next = (): FanOutRow | undefined =>
    selectNext.get({ workspace_id: served }) ?? selectNext.get({ workspace_id: '' });

  const take = (row: FanOutRow, slice: Continue, batch: Batch): readonly LeasedDelivery[] => {
    remove.run(row);
    const event = selectEvent.get({ workspace_id: row.workspace_id, id: row.event_id });
    if (event === undefined) return [];
    const ids = JSON.parse(row.hook_ids) as readonly string[];
    // A hook that was deleted since the accept is skipped; one that subscribes since then is not in the list.
    const hooks = ids.flatMap((id) => batch.hook(row.workspace_id, id) ?? []);
    batch.stored += ids.length - hooks.length;
    const { lease_until, saturated_hooks } = slice;
    return writeDeliveries({ ...toEvent(event), trigger: TRIGGER }, hooks, {
      batch,
      lease_until,
      saturated_hooks,
      kept_event: null,
    });
  };

  return {
    write: (event, hooks, batch) => {
      batch.has_fan_outs = true;
      for (let start = 0; start < hooks.length; start += SLICE) {
        const hook_ids = JSON.stringify(hooks.slice(start, start + SLICE).map(({ id }) => id));
        insert.run({
          workspace_id: event.workspace_id,
          event_id: event.id,
          position: start / SLICE,
          hook_ids,
        });
      }
    },
    continueAll: (slice, batch) => {
      const leased: LeasedDelivery[] = [];
      let row = next();
      while (row !== undefined && batch.stored < slice.max_deliveries) {
        served = row.workspace_id;
        leased.push(...take(row, slice, batch));
        row = next();
      }
      return { leased, has_more: row !== undefined };
    },
  };
};
