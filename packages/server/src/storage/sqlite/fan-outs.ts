import type { Event, Trigger } from '../../core/event.ts';
import type { FanOutSlice, LeasedDelivery, Store } from '../../ports/store.ts';
import { type EventRow, toEvent } from '../rows/event-row.ts';
import type { Schema } from '../schema.ts';
import type { Batch } from './batch.ts';
import type { WriteDeliveries } from './delivery-writer.ts';
import type { IndexedHook } from './hook-reader.ts';
import { columns, prepare, type SqliteConnection } from './prepared.ts';

/** Stores the hooks of an event that do not fit its batch, inside the open transaction. */
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

/** Hooks per row. Rows are processed whole, so a slice can exceed its limit by this much. */
const SLICE = 128;

/** Only scheduled events have stored hooks: every other event has exactly one hook. */
const TRIGGER: Trigger = 'scheduled';

const createStatements = ({ db, raw }: SqliteConnection) => ({
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

/** Fan-outs with their statements prepared on one connection. */
export const createFanOuts = (connection: SqliteConnection, writeDeliveries: WriteDeliveries): FanOuts => {
  const { insert, selectNext, remove, selectEvent } = createStatements(connection);
  // Round robin over workspaces, so that one event for 20,000 hooks does not block those of others.
  let served = '';

  const next = (): FanOutRow | undefined =>
    selectNext.get({ workspace_id: served }) ?? selectNext.get({ workspace_id: '' });

  const take = (row: FanOutRow, slice: Continue, batch: Batch): readonly LeasedDelivery[] => {
    remove.run(row);
    const event = selectEvent.get({ workspace_id: row.workspace_id, id: row.event_id });
    if (event === undefined) return [];
    const ids = JSON.parse(row.hook_ids) as readonly string[];
    // Hooks deleted since the event was accepted are skipped.
    const hooks = ids.flatMap((id) => batch.hook(row.workspace_id, id) ?? []);
    batch.stored += ids.length - hooks.length;
    const { lease_until, saturated_hooks } = slice;
    const { deliver_at } = event;
    return writeDeliveries({ ...toEvent(event), deliver_at, trigger: TRIGGER }, hooks, {
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
        const position = start / SLICE;
        insert.run({ workspace_id: event.workspace_id, event_id: event.id, position, hook_ids });
      }
    },
    continueAll: (slice, batch) => {
      const leased: LeasedDelivery[] = [];
      const workspaces = new Set<string>();
      let row = next();
      while (row !== undefined && batch.stored < slice.max_deliveries) {
        served = row.workspace_id;
        workspaces.add(served);
        leased.push(...take(row, slice, batch));
        row = next();
      }
      return { leased, workspaces, has_more: row !== undefined };
    },
  };
};
