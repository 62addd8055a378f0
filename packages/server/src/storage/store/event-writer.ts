import type { Event } from '../../core/event.ts';
import {
  dealTargets,
  type DealtTargets,
  isFilterable,
  selectTargets,
  withoutFiltered,
} from '../../core/fan-out.ts';
import { repeatedUse } from '../../core/idempotency.ts';
import { takesPlace } from '../../core/order.ts';
import { ownerOf } from '../../core/owner.ts';
import type { AcceptResult, CommitBatch, EventReceipt, NewEvent } from '../../ports/store.ts';
import { type FanOutCounts, type NewEventRow, toEventRow } from '../rows/event-row.ts';
import type { Schema } from '../schema.ts';
import type { Batch } from './batch.ts';
import type { WriteDeliveries } from './delivery-writer.ts';
import type { FanOutWriter } from './fan-out-writer.ts';
import type { IndexedHook } from './indexed-hook.ts';
import type { Command, Query } from './statement.ts';
import type { WriteTenant } from './tenant-writer.ts';

/** Statements that store an event. */
export interface EventStatements {
  /** Changes no row if the id or the idempotency key is taken. */
  readonly insertEvent: Command<NewEventRow>;
  readonly insertWireId: Command<Schema['bellwire_wire_ids']>;
  readonly selectByKey: Query<
    { readonly workspace_id: string; readonly tenant: string; readonly idempotency_key: string },
    EventReceipt & { readonly fingerprint: string | null }
  >;
}

/** Stores one event of a batch with its first deliveries, inside the open transaction. */
export type WriteEvent = (
  event: NewEvent,
  options: Pick<CommitBatch, 'lease_until' | 'saturated_hooks' | 'max_deliveries'> & {
    readonly batch: Batch;
  },
) => AcceptResult;

export interface EventWriterParts {
  readonly writeDeliveries: WriteDeliveries;
  readonly fan_outs: FanOutWriter;
  readonly writeTenant: WriteTenant;
  /** Writes the index of events by their metadata. */
  readonly writeMetadata: (event: Pick<NewEvent, 'workspace_id' | 'id' | 'metadata'>) => void;
  /** The id of an event for receivers of a dialect; null if it is the event's own id. */
  readonly wireIdOf: (dialect: string, event_id: string) => string | null;
}

/** Maximum JSON characters of an event kept in memory with its deliveries; a larger one is read again. */
const KEPT_CHARACTERS_MAX = 16_384;

const receiptOf = (event: NewEvent, counts: FanOutCounts): EventReceipt => {
  const { id, type, tenant, occurred_at, created_at, deliver_at, idempotency_key } = event;
  return { id, type, tenant, occurred_at, created_at, deliver_at, idempotency_key, ...counts };
};

const keptEvent = (event: NewEvent): Event | null => {
  const {
    data_text,
    previous_data_text,
    idempotency_key: _,
    fingerprint: __,
    hook_ids: ___,
    trigger: ____,
    verdicts: _______,
    metadata: _____,
    deliver_at: ______,
    ...kept
  } = event;
  return data_text.length + (previous_data_text?.length ?? 0) <= KEPT_CHARACTERS_MAX ? kept : null;
};

interface Targets {
  readonly hooks: readonly IndexedHook[];
  /** Number of hooks whose filter does not match. */
  readonly filtered: number;
}

const targetsOf = (event: NewEvent, batch: Batch): Targets | { readonly unknown: string } => {
  const selected = selectTargets(event, {
    byId: (id) => batch.hook(event.workspace_id, id),
    subscribers: (type, tenant) => batch.subscribers(event.workspace_id, type, tenant),
  });
  if ('unknown' in selected) return selected;
  const hooks = isFilterable(event)
    ? withoutFiltered(
        selected,
        (filter) => event.verdicts?.get(filter.text) ?? filter.evaluate(event).verdict,
      )
    : selected;
  return { hooks, filtered: selected.length - hooks.length };
};

/** A writer over the statements of one transaction, or of one connection. */
export const createEventWriter = (
  { insertEvent, insertWireId, selectByKey }: EventStatements,
  { writeDeliveries, fan_outs, writeTenant, writeMetadata, wireIdOf }: EventWriterParts,
): WriteEvent => {
  const repeated = (event: NewEvent): AcceptResult | null => {
    const { workspace_id, tenant, idempotency_key, fingerprint: requested } = event;
    if (idempotency_key === null) return null;
    const first = selectByKey.get({ workspace_id, tenant: tenant ?? '', idempotency_key });
    if (first === undefined) return null;
    const { fingerprint, ...receipt } = first;
    return repeatedUse({ fingerprint, receipt }, requested);
  };

  const writeWireIds = (event: NewEvent, targets: readonly IndexedHook[]): void => {
    for (const dialect of new Set(targets.map((hook) => hook.dialect))) {
      const wire_id = wireIdOf(dialect, event.id);
      if (wire_id !== null)
        insertWireId.run({ workspace_id: event.workspace_id, wire_id, event_id: event.id });
    }
  };

  const deal = (
    { workspace_id }: NewEvent,
    targets: readonly IndexedHook[],
    { room, is_ordered }: { readonly room: number; readonly is_ordered: boolean },
  ): DealtTargets<IndexedHook> =>
    targets.length <= room && !is_ordered
      ? { first: targets, later: [] }
      : dealTargets(targets, { room, is_waiting: is_ordered && fan_outs.isWaiting(workspace_id) });

  return (event, { batch, max_deliveries, ...options }) => {
    // Before its hooks are matched: in a burst of large fan-outs, an event is deferred many times.
    if (batch.stored > 0 && batch.stored >= max_deliveries) return { kind: 'deferred' };
    const found = targetsOf(event, batch);
    if ('unknown' in found) return repeated(event) ?? { kind: 'unknown_hook', hook_id: found.unknown };
    const { hooks: targets, filtered } = found;
    const counts = { deliveries: targets.length, filtered };
    const room = Math.max(0, max_deliveries - batch.stored);
    const is_ordered = targets.some((hook) => takesPlace(hook, event));
    const is_behind = is_ordered && batch.hasDeferred(ownerOf(event));
    if (is_behind || (targets.length > room && batch.stored > 0)) {
      batch.defer(ownerOf(event));
      return { kind: 'deferred' };
    }
    if (insertEvent.run(toEventRow(event, counts)) === 0) {
      const first = repeated(event);
      if (first === null) throw new Error(`the event id ${event.id} is taken`);
      return first;
    }
    if (event.tenant !== null) writeTenant({ workspace_id: event.workspace_id, tenant: event.tenant }, batch);
    writeMetadata(event);
    writeWireIds(event, targets);
    const { first, later } = deal(event, targets, { room, is_ordered });
    const leased = writeDeliveries(event, first, {
      ...options,
      batch,
      kept_event: keptEvent(event),
    });
    if (later.length > 0) fan_outs.write(event, later, batch);
    return { kind: 'accepted', receipt: receiptOf(event, counts), leased };
  };
};
