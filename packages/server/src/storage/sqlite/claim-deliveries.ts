import type { Database } from 'better-sqlite3';
import { type Kysely, type Selectable, sql } from 'kysely';
import type { Delivery } from '../../core/delivery.ts';
import type { Event } from '../../core/event.ts';
import type { IdFactory } from '../../core/ids.ts';
import type { JsonObject } from '../../core/json.ts';
import type { DueHook, LeasedDelivery, ManualClaim, Settlement, Store } from '../../ports/store.ts';
import type { Schema } from '../schema.ts';
import type { HookCache } from './hook-cache.ts';
import { prepare } from './prepared.ts';

type DeliveryRow = Selectable<Schema['bellwire_deliveries']>;
type EventRow = Selectable<Schema['bellwire_events']>;
type Claim = Parameters<Store['claim']>[0];
type ManualClaimInput = Parameters<Store['claimManually']>[0];

/** Leases and their ends, inside the open transaction. */
export interface Leases {
  readonly dueHooks: (now: number) => readonly DueHook[];
  readonly claim: (claim: Claim) => readonly LeasedDelivery[];
  readonly claimManually: (claim: ManualClaimInput) => ManualClaim;
  /** Settlements for up to `limit` leases that passed before a time (any, with null), as if interrupted. */
  readonly interrupted: (expired_before: number | null, limit: number) => readonly Settlement[];
}

const toDelivery = (row: DeliveryRow): Delivery => ({
  id: row.id,
  workspace_id: row.workspace_id,
  event_id: row.event_id,
  hook_id: row.hook_id,
  // A lease that knows where to go back to is a manual one, whatever made the delivery.
  trigger: row.resume_status === null ? row.trigger : 'manual',
  attempts: row.attempts,
  failures: row.failures,
  resume:
    row.resume_status === null
      ? null
      : { status: row.resume_status, at: row.resume_at, failure_reason: row.failure_reason },
});

const toEvent = (row: EventRow): Event => ({
  id: row.id,
  workspace_id: row.workspace_id,
  type: row.type,
  data: JSON.parse(row.data) as JsonObject,
  previous_data: row.previous_data === null ? null : (JSON.parse(row.previous_data) as JsonObject),
  occurred_at: row.occurred_at,
  created_at: row.created_at,
});

/** The verbs' statements, prepared on one connection. */
export const createLeases = (
  connection: { readonly db: Kysely<Schema>; readonly raw: Database },
  cache: HookCache,
  ids: IdFactory,
): Leases => {
  const { db, raw } = connection;
  // Walks from hook to hook through the index instead of over every pending row: a hook with a backlog of a
  // million costs one step.
  const selectDueHooks = prepare<{ now: number }, DueHook>(raw, (param) =>
    db
      .withRecursive('waiting(hook_id)', (cte) =>
        cte
          .selectFrom('bellwire_deliveries')
          .select(({ fn }) => fn.min('hook_id').as('hook_id'))
          .where('status', '=', sql.lit('pending'))
          .unionAll(
            cte
              .selectFrom('waiting')
              .select(({ selectFrom }) =>
                selectFrom('bellwire_deliveries')
                  .select(({ fn }) => fn.min('hook_id').as('hook_id'))
                  .where('status', '=', sql.lit('pending'))
                  .whereRef('hook_id', '>', 'waiting.hook_id')
                  .as('hook_id'),
              )
              .where('waiting.hook_id', 'is not', null),
          ),
      )
      .selectFrom('waiting')
      .innerJoin('bellwire_hooks', 'bellwire_hooks.id', 'waiting.hook_id')
      .select(['bellwire_hooks.id as hook_id', 'bellwire_hooks.workspace_id'])
      .where(({ exists, selectFrom }) =>
        exists(
          selectFrom('bellwire_deliveries')
            .select(sql.lit(1).as('one'))
            .where('status', '=', sql.lit('pending'))
            .whereRef('bellwire_deliveries.hook_id', '=', 'waiting.hook_id')
            .where('next_attempt_at', '<=', param('now')),
        ),
      ),
  );
  const lease = prepare<
    { now: number; lease_until: number; workspace_id: string; hook_id: string; limit: number },
    DeliveryRow
  >(raw, (param) =>
    db
      .updateTable('bellwire_deliveries')
      .set((eb) => ({
        status: 'sending',
        lease_token: eb('lease_token', '+', 1),
        lease_until: param('lease_until'),
        next_attempt_at: null,
        updated_at: param('now'),
      }))
      .where('workspace_id', '=', param('workspace_id'))
      .where('id', 'in', (eb) =>
        eb
          .selectFrom('bellwire_deliveries')
          .select('id')
          .where('hook_id', '=', param('hook_id'))
          .where('status', '=', sql.lit('pending'))
          .where('next_attempt_at', '<=', param('now'))
          .orderBy('next_attempt_at')
          .limit(param('limit')),
      )
      .returningAll(),
  );
  const selectEvent = prepare<{ workspace_id: string; id: string }, EventRow>(raw, (param) =>
    db
      .selectFrom('bellwire_events')
      .selectAll()
      .where('workspace_id', '=', param('workspace_id'))
      .where('id', '=', param('id')),
  );
  const selectDelivery = prepare<{ workspace_id: string; id: string }, DeliveryRow>(raw, (param) =>
    db
      .selectFrom('bellwire_deliveries')
      .selectAll()
      .where('workspace_id', '=', param('workspace_id'))
      .where('id', '=', param('id')),
  );
  const leaseManually = prepare<
    { now: number; lease_until: number; workspace_id: string; id: string },
    DeliveryRow
  >(raw, (param) =>
    db
      .updateTable('bellwire_deliveries')
      .set((eb) => ({
        status: 'sending',
        lease_token: eb('lease_token', '+', 1),
        lease_until: param('lease_until'),
        resume_status: eb.ref('status'),
        resume_at: eb.ref('next_attempt_at'),
        next_attempt_at: null,
        updated_at: param('now'),
      }))
      .where('workspace_id', '=', param('workspace_id'))
      .where('id', '=', param('id'))
      .returningAll(),
  );
  const selectLeased = prepare<{ expired_before: number; limit: number }, DeliveryRow>(raw, (param) =>
    db
      .selectFrom('bellwire_deliveries')
      .selectAll()
      .where('status', '=', sql.lit('sending'))
      .where('lease_until', '<', param('expired_before'))
      .limit(param('limit')),
  );

  const toLeased = (row: DeliveryRow): LeasedDelivery => {
    const event = selectEvent.get({ workspace_id: row.workspace_id, id: row.event_id });
    if (event === undefined) throw new Error(`delivery ${row.id} has no event ${row.event_id}`);
    return {
      delivery: toDelivery(row),
      event: toEvent(event),
      lease_token: row.lease_token,
      lease_until: row.lease_until ?? 0,
    };
  };

  const toInterrupted = (row: DeliveryRow): Settlement => ({
    kind: 'attempted',
    delivery: toDelivery(row),
    lease_token: row.lease_token,
    attempt: {
      id: ids('att'),
      started_at: row.updated_at,
      outcome: { kind: 'interrupted' },
      request: null,
      response: null,
      timings: null,
      reused_connection: false,
    },
    // An interruption uses up no place in any schedule, so no policy is asked.
    policy: { delays_ms: [], disable: { when: 'exhausted' } },
    retry_after_ms: null,
    roll: 0,
  });

  return {
    dueHooks: (now) => selectDueHooks.all({ now }),
    claim: ({ now, lease_until, wants }) =>
      wants
        .filter(({ hook_id }) => cache.byId(hook_id)?.status === 'active')
        .flatMap(({ hook_id, workspace_id, limit }) =>
          lease.all({ now, lease_until, workspace_id, hook_id, limit }).map(toLeased),
        ),
    claimManually: ({ now, lease_until, workspace_id, delivery_id: id }) => {
      const row = selectDelivery.get({ workspace_id, id });
      if (row === undefined) return { kind: 'not_found' };
      if (row.status === 'sending') return { kind: 'in_flight' };
      if (row.status === 'canceled' || cache.byId(row.hook_id) === undefined) return { kind: 'canceled' };
      const leased = leaseManually.get({ now, lease_until, workspace_id, id });
      return leased === undefined ? { kind: 'not_found' } : { kind: 'leased', leased: toLeased(leased) };
    },
    interrupted: (expired_before, limit) =>
      selectLeased
        .all({ expired_before: expired_before ?? Number.MAX_SAFE_INTEGER, limit })
        .map(toInterrupted),
  };
};
