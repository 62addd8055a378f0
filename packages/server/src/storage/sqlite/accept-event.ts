import type { Database } from 'better-sqlite3';
import type { Insertable, Kysely } from 'kysely';
import type { Event } from '../../core/event.ts';
import type { SendableHook } from '../../core/hook.ts';
import type { IdFactory } from '../../core/ids.ts';
import type { AcceptResult, EventReceipt, LeasedDelivery, NewEvent, CommitBatch } from '../../ports/store.ts';
import type { Schema } from '../schema.ts';
import type { HookCache } from './hook-cache.ts';
import { columns, prepare } from './prepared.ts';

type EventRow = Insertable<Schema['bellwire_events']>;
type DeliveryRow = Insertable<Schema['bellwire_deliveries']>;

/** Stores one event of a turn with its deliveries, inside the open transaction. */
export type AcceptEvent = (event: NewEvent, turn: CommitBatch) => AcceptResult;

const EVENT_COLUMNS = [
  'workspace_id',
  'id',
  'type',
  'idempotency_key',
  'fingerprint',
  'deliveries',
  'addressed',
  'occurred_at',
  'created_at',
  'previous_data',
  'data',
] as const satisfies readonly (keyof EventRow)[];

const DELIVERY_COLUMNS = [
  'workspace_id',
  'id',
  'event_id',
  'event_type',
  'hook_id',
  'trigger',
  'status',
  'attempts',
  'failures',
  'next_attempt_at',
  'lease_token',
  'lease_until',
  'resume_status',
  'resume_at',
  'failure_reason',
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof DeliveryRow)[];

const receiptOf = (event: NewEvent, deliveries: number): EventReceipt => ({
  id: event.id,
  type: event.type,
  occurred_at: event.occurred_at,
  created_at: event.created_at,
  idempotency_key: event.idempotency_key,
  deliveries,
});

const toEvent = (event: NewEvent): Event => ({
  id: event.id,
  workspace_id: event.workspace_id,
  type: event.type,
  data: event.data,
  previous_data: event.previous_data,
  occurred_at: event.occurred_at,
  created_at: event.created_at,
});

const toEventRow = (event: NewEvent, deliveries: number): EventRow => ({
  workspace_id: event.workspace_id,
  id: event.id,
  type: event.type,
  idempotency_key: event.idempotency_key,
  fingerprint: event.fingerprint,
  deliveries,
  addressed: event.hook_ids === null ? 0 : 1,
  occurred_at: event.occurred_at,
  created_at: event.created_at,
  previous_data: event.previous_data === null ? null : JSON.stringify(event.previous_data),
  data: JSON.stringify(event.data),
});

/** Where a new delivery starts: sent at once, waiting for its hook to have room, or held for a hook that is not active. */
const startOf = (event: NewEvent, hook: SendableHook, turn: CommitBatch) => {
  const leased = {
    status: 'sending',
    next_attempt_at: null,
    lease_token: 1,
    lease_until: turn.lease_until,
  } as const;
  const unleased = { lease_token: 0, lease_until: null } as const;
  if (event.trigger !== 'scheduled') return leased;
  if (hook.status !== 'active') return { status: 'held', next_attempt_at: null, ...unleased } as const;
  if (turn.full_hooks.has(hook.id))
    return { status: 'pending', next_attempt_at: turn.now, ...unleased } as const;
  return leased;
};

/** The verb's statements, prepared on one connection. */
export const createAcceptEvent = (
  connection: { readonly db: Kysely<Schema>; readonly raw: Database },
  cache: HookCache,
  ids: IdFactory,
): AcceptEvent => {
  const { db, raw } = connection;
  const insertEvent = prepare<EventRow>(raw, (param) =>
    db
      .insertInto('bellwire_events')
      .values(columns(param, EVENT_COLUMNS))
      .onConflict((conflict) => conflict.doNothing()),
  );
  const insertDelivery = prepare<DeliveryRow>(raw, (param) =>
    db.insertInto('bellwire_deliveries').values(columns(param, DELIVERY_COLUMNS)),
  );
  const selectByKey = prepare<
    { workspace_id: string; idempotency_key: string },
    EventReceipt & { fingerprint: string | null }
  >(raw, (param) =>
    db
      .selectFrom('bellwire_events')
      .select(['id', 'type', 'occurred_at', 'created_at', 'idempotency_key', 'deliveries', 'fingerprint'])
      .where('workspace_id', '=', param('workspace_id'))
      .where('idempotency_key', '=', param('idempotency_key')),
  );

  const repeated = (event: NewEvent): AcceptResult | null => {
    const { workspace_id, idempotency_key } = event;
    const first = idempotency_key === null ? undefined : selectByKey.get({ workspace_id, idempotency_key });
    if (first === undefined) return null;
    const { fingerprint, ...receipt } = first;
    if (fingerprint !== event.fingerprint) return { kind: 'conflict', event_id: first.id };
    return { kind: 'repeated', receipt };
  };

  const targetsOf = (event: NewEvent): readonly SendableHook[] | { readonly unknown: string } => {
    const { workspace_id, type, hook_ids } = event;
    if (hook_ids === null) return cache.subscribers(workspace_id, type);
    const hooks = cache.ofWorkspace(workspace_id);
    const unknown = hook_ids.find((id) => !hooks.has(id));
    if (unknown !== undefined) return { unknown };
    const named = [...new Set(hook_ids)].flatMap((id) => hooks.get(id) ?? []);
    if (event.trigger !== 'scheduled') return named;
    const subscribed = new Set(cache.subscribers(workspace_id, type));
    return named.filter((hook) => subscribed.has(hook));
  };

  return (event, turn) => {
    const first = repeated(event);
    if (first !== null) return first;
    const targets = targetsOf(event);
    if ('unknown' in targets) return { kind: 'unknown_hook', hook_id: targets.unknown };
    insertEvent.run(toEventRow(event, targets.length));
    const leased: LeasedDelivery[] = [];
    const stored = toEvent(event);
    for (const hook of targets) {
      const start = startOf(event, hook, turn);
      const id = ids('dlv');
      insertDelivery.run({
        workspace_id: event.workspace_id,
        id,
        event_id: event.id,
        event_type: event.type,
        hook_id: hook.id,
        trigger: event.trigger,
        attempts: 0,
        failures: 0,
        resume_status: null,
        resume_at: null,
        failure_reason: null,
        created_at: turn.now,
        updated_at: turn.now,
        ...start,
      });
      if (start.lease_until === null) continue;
      leased.push({
        delivery: {
          id,
          workspace_id: event.workspace_id,
          event_id: event.id,
          hook_id: hook.id,
          trigger: event.trigger,
          attempts: 0,
          failures: 0,
          resume: null,
        },
        event: stored,
        lease_token: start.lease_token,
        lease_until: start.lease_until,
      });
    }
    return { kind: 'accepted', receipt: receiptOf(event, targets.length), leased };
  };
};
