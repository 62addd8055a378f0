import { sql } from 'kysely';
import type { Event } from '../../core/event.ts';
import { type Owner, ownerKey, ownerOf } from '../../core/owner.ts';
import type { Store } from '../../ports/store.ts';
import { type EventRow, toEvent } from '../rows/event-row.ts';
import type { FanOutRow } from '../store/fan-out-writer.ts';
import type { Session } from './session.ts';

type Continue = Parameters<Store['continueFanOuts']>[0];

/** Only scheduled events have stored hooks: every other event has exactly one hook. */
const TRIGGER = 'scheduled';

/** Owners that one slice passes over. */
const PASSED_MAX = 200;

/** Continuations of all nodes run one after the other, so that ordered deliveries are stored in the order of their events. */
const LOCK = 7_021_437_319;

/** A stored list of hooks that was taken from the database, with its event. */
export interface TakenFanOut {
  readonly event: Event & { readonly trigger: typeof TRIGGER; readonly deliver_at: number | null };
  readonly hook_ids: readonly string[];
}

export interface TakenSlice {
  readonly taken: readonly TakenFanOut[];
  readonly workspaces: ReadonlySet<string>;
  readonly has_more: boolean;
  readonly waiting: readonly Owner[];
}

/** The next stored list of each workspace and each of its tenants in turn. */
export class FanOutTurns {
  #workspace_id = '';
  /** The last tenant served of each workspace that has more. */
  readonly #tenants = new Map<string, string>();

  /** Takes stored lists out of the open transaction until `max_deliveries` hooks are taken. */
  async take(session: Session, slice: Continue): Promise<TakenSlice> {
    await session.run(sql`select pg_advisory_xact_lock(${sql.lit(LOCK)})`);
    const taken: TakenFanOut[] = [];
    const workspaces = new Set<string>();
    const closed = new Map<string, Owner>();
    const passed = new Set<string>();
    let hooks = 0;
    let row = await this.#next(session, passed);
    while (row !== undefined && hooks < slice.max_deliveries && closed.size < PASSED_MAX) {
      this.#end(row);
      const owner = ownerOf(row);
      const key = ownerKey(owner);
      if (slice.isOpen(owner)) {
        workspaces.add(row.workspace_id);
        const one = await this.#takeOne(session, row);
        hooks += one?.hook_ids.length ?? 0;
        if (one !== null) taken.push(one);
      } else if (closed.has(key)) {
        // All tenants of the workspace have had their turn.
        passed.add(row.workspace_id);
      } else {
        closed.set(key, owner);
      }
      row = await this.#next(session, passed);
    }
    const has_more = row !== undefined && closed.size < PASSED_MAX;
    return { taken, workspaces, has_more, waiting: has_more ? [] : [...closed.values()] };
  }

  async #takeOne(session: Session, row: FanOutRow): Promise<TakenFanOut | null> {
    const { db } = session;
    await session.run(
      db
        .deleteFrom('bellwire_fan_outs')
        .where('workspace_id', '=', row.workspace_id)
        .where('event_id', '=', row.event_id)
        .where('position', '=', row.position),
    );
    const event = await session.get<EventRow>(
      db
        .selectFrom('bellwire_events')
        .selectAll()
        .where('workspace_id', '=', row.workspace_id)
        .where('id', '=', row.event_id),
    );
    if (event === undefined) return null;
    const hook_ids = JSON.parse(row.hook_ids) as readonly string[];
    return { event: { ...toEvent(event), deliver_at: event.deliver_at, trigger: TRIGGER }, hook_ids };
  }

  /** Undefined if only the workspaces of `passed` have more. */
  async #next(session: Session, passed: ReadonlySet<string>): Promise<FanOutRow | undefined> {
    let workspace_id = await this.#after(session, this.#workspace_id);
    for (let step = 0; step < passed.size && passed.has(workspace_id ?? ''); step += 1) {
      workspace_id = await this.#after(session, workspace_id ?? '');
    }
    if (workspace_id === undefined) this.#tenants.clear();
    if (workspace_id === undefined || passed.has(workspace_id)) return undefined;
    const first = session.db
      .selectFrom('bellwire_fan_outs')
      .selectAll()
      .where('workspace_id', '=', workspace_id)
      .orderBy('tenant')
      .orderBy('event_id')
      .orderBy('position')
      .limit(1);
    const after = this.#tenants.get(workspace_id);
    const next = after === undefined ? undefined : await session.get(first.where('tenant', '>', after));
    return next ?? session.get(first);
  }

  /** Notes that a workspace and its tenant had their turn. */
  #end({ workspace_id, tenant }: FanOutRow): void {
    this.#workspace_id = workspace_id;
    this.#tenants.set(workspace_id, tenant);
  }

  async #after(session: Session, workspace_id: string): Promise<string | undefined> {
    const first = session.db
      .selectFrom('bellwire_fan_outs')
      .select('workspace_id')
      .orderBy('workspace_id')
      .limit(1);
    const next =
      (await session.get(first.where('workspace_id', '>', workspace_id))) ?? (await session.get(first));
    return next?.workspace_id;
  }
}
