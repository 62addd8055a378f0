import { sql } from 'kysely';
import type { Trigger } from '../../core/event.ts';
import { type Owner, ownerKey, ownerOf } from '../../core/owner.ts';
import type { FanOutSlice, LeasedDelivery, Store } from '../../ports/store.ts';
import { type EventRow, toEvent } from '../rows/event-row.ts';
import type { Batch } from '../store/batch.ts';
import type { WriteDeliveries } from '../store/delivery-writer.ts';
import { createFanOutWriter, type FanOutRow, type FanOutWriter } from '../store/fan-out-writer.ts';
import { columns, prepare, type SqliteConnection } from './prepared.ts';

type Continue = Parameters<Store['continueFanOuts']>[0];

export interface FanOuts extends FanOutWriter {
  /** Turns stored lists of hooks into deliveries until `max_deliveries` are stored, inside the open transaction. */
  readonly continueAll: (slice: Continue, batch: Batch) => FanOutSlice;
}

/** Only scheduled events have stored hooks: every other event has exactly one hook. */
const TRIGGER: Trigger = 'scheduled';

const createStatements = ({ db, raw }: SqliteConnection) => ({
  insert: prepare<FanOutRow>(raw, (param) =>
    db
      .insertInto('bellwire_fan_outs')
      .values(columns(param, ['workspace_id', 'tenant', 'event_id', 'position', 'hook_ids'])),
  ),
  selectAny: prepare<{ workspace_id: string }, { one: number }>(raw, (param) =>
    db
      .selectFrom('bellwire_fan_outs')
      .select(sql.lit(1).as('one'))
      .where('workspace_id', '=', param('workspace_id'))
      .limit(1),
  ),
  selectWorkspace: prepare<{ after: string }, { workspace_id: string }>(raw, (param) =>
    db
      .selectFrom('bellwire_fan_outs')
      .select('workspace_id')
      .where('workspace_id', '>', param('after'))
      .orderBy('workspace_id')
      .limit(1),
  ),
  selectNext: prepare<{ workspace_id: string; after: string }, FanOutRow>(raw, (param) =>
    db
      .selectFrom('bellwire_fan_outs')
      .selectAll()
      .where('workspace_id', '=', param('workspace_id'))
      .where('tenant', '>', param('after'))
      .orderBy('tenant')
      .orderBy('event_id')
      .orderBy('position')
      .limit(1),
  ),
  selectFirst: prepare<{ workspace_id: string }, FanOutRow>(raw, (param) =>
    db
      .selectFrom('bellwire_fan_outs')
      .selectAll()
      .where('workspace_id', '=', param('workspace_id'))
      .orderBy('tenant')
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

/** Owners that one slice passes over. */
const PASSED_MAX = 200;

/** The next stored list of each workspace and each of its tenants in turn. */
class Turns {
  readonly #statements: ReturnType<typeof createStatements>;
  #workspace_id = '';
  /** The last tenant served of each workspace that has more. */
  readonly #tenants = new Map<string, string>();

  constructor(statements: ReturnType<typeof createStatements>) {
    this.#statements = statements;
  }

  /** Undefined if only the workspaces of `passed` have more. */
  next(passed: ReadonlySet<string>): FanOutRow | undefined {
    const { selectNext, selectFirst } = this.#statements;
    let workspace_id = this.#after(this.#workspace_id);
    for (let step = 0; step < passed.size && passed.has(workspace_id ?? ''); step += 1) {
      workspace_id = this.#after(workspace_id ?? '');
    }
    if (workspace_id === undefined) this.#tenants.clear();
    if (workspace_id === undefined || passed.has(workspace_id)) return undefined;
    const after = this.#tenants.get(workspace_id);
    const next = after === undefined ? undefined : selectNext.get({ workspace_id, after });
    return next ?? selectFirst.get({ workspace_id });
  }

  /** Notes that a workspace and its tenant had their turn. */
  end({ workspace_id, tenant }: FanOutRow): void {
    this.#workspace_id = workspace_id;
    this.#tenants.set(workspace_id, tenant);
  }

  #after(workspace_id: string): string | undefined {
    const { selectWorkspace } = this.#statements;
    const next = selectWorkspace.get({ after: workspace_id }) ?? selectWorkspace.get({ after: '' });
    return next?.workspace_id;
  }
}

/** Fan-outs with their statements prepared on one connection. */
export const createFanOuts = (connection: SqliteConnection, writeDeliveries: WriteDeliveries): FanOuts => {
  const statements = createStatements(connection);
  const { insert, remove, selectEvent, selectAny } = statements;
  // One event for 20,000 hooks does not block those of others.
  const turns = new Turns(statements);

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
    write: createFanOutWriter(insert),
    isWaiting: (workspace_id) => selectAny.get({ workspace_id }) !== undefined,
    continueAll: (slice, batch) => {
      const leased: LeasedDelivery[] = [];
      const workspaces = new Set<string>();
      const closed = new Map<string, Owner>();
      const passed = new Set<string>();
      let row = turns.next(passed);
      while (row !== undefined && batch.stored < slice.max_deliveries && closed.size < PASSED_MAX) {
        turns.end(row);
        const owner = ownerOf(row);
        const key = ownerKey(owner);
        if (slice.isOpen(owner)) {
          workspaces.add(row.workspace_id);
          leased.push(...take(row, slice, batch));
        } else if (closed.has(key)) {
          // All tenants of the workspace have had their turn.
          passed.add(row.workspace_id);
        } else {
          closed.set(key, owner);
        }
        row = turns.next(passed);
      }
      const has_more = row !== undefined && closed.size < PASSED_MAX;
      return { leased, workspaces, has_more, waiting: has_more ? [] : [...closed.values()] };
    },
  };
};
