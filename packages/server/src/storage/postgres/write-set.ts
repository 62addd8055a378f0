import type { Selectable } from 'kysely';
import type { DisabledReason, HookStatus } from '../../core/hook.ts';
import type { OutcomeKind } from '../../core/outcome.ts';
import type { NewEvent } from '../../ports/store.ts';
import type { NewAttemptRow } from '../rows/attempt-row.ts';
import type { DeliveryRow } from '../rows/delivery-row.ts';
import type { NewEventRow } from '../rows/event-row.ts';
import type { RequestBodyRow } from '../rows/request-body-row.ts';
import type { Schema } from '../schema.ts';
import type { EventStatements } from '../store/event-writer.ts';
import type { FanOutRow } from '../store/fan-out-writer.ts';
import type { HookCounterStatements } from '../store/hook-counters.ts';
import type { ThrottleStatements } from '../store/hook-throttles.ts';
import type { LeaseEnd, SettlementStatements } from '../store/settlement-writer.ts';
import type { Command } from '../store/statement.ts';
import type { NewTenantRow } from '../store/tenant-writer.ts';
import { AlreadyChanged } from './already-changed.ts';
import { type Facts, type FirstReceipt, keyOfUse, type LockedHook } from './facts.ts';

type ThrottleRow = Selectable<Schema['bellwire_throttles']>;
type WireIdRow = Selectable<Schema['bellwire_wire_ids']>;

/** The health of a hook, to be written. */
export type HookChangeRow = Pick<
  LockedHook,
  | 'id'
  | 'status'
  | 'disabled_reason'
  | 'stopping'
  | 'consecutive_failures'
  | 'failing_since'
  | 'last_failure_at'
  | 'last_outcome'
  | 'last_detail'
  | 'last_status'
>;

const receiptOf = (row: NewEventRow): FirstReceipt => ({
  id: row.id,
  type: row.type,
  tenant: row.tenant ?? null,
  occurred_at: row.occurred_at,
  created_at: row.created_at,
  deliver_at: row.deliver_at ?? null,
  idempotency_key: row.idempotency_key ?? null,
  deliveries: row.deliveries,
  filtered: row.filtered ?? 0,
  fingerprint: row.fingerprint ?? null,
});

/**
 * The writes of one transaction, which are sent together at its end, and the rows that it has locked, with these writes.
 * A change of any other row throws `AlreadyChanged`.
 */
export class WriteSet {
  readonly facts: Facts;
  readonly events: NewEventRow[] = [];
  readonly metadata: Schema['bellwire_event_metadata'][] = [];
  readonly wire_ids = new Map<string, WireIdRow>();
  readonly tenants = new Map<string, NewTenantRow>();
  readonly fan_outs: FanOutRow[] = [];
  /** New deliveries. */
  readonly deliveries: DeliveryRow[] = [];
  /** Locked deliveries that have changed. */
  readonly changed = new Set<DeliveryRow>();
  readonly attempts: NewAttemptRow[] = [];
  /** Large bodies of requests by event and hash. */
  readonly request_bodies = new Map<string, RequestBodyRow>();
  readonly audits: Schema['bellwire_audit'][] = [];
  readonly hooks = new Set<LockedHook>();
  /** By hook; null to delete it. */
  readonly throttles = new Map<string, ThrottleRow | null>();
  /** Hooks that were disabled, whose waiting deliveries are held. */
  readonly disabled: string[] = [];

  constructor(facts: Facts) {
    this.facts = facts;
  }

  readonly event_statements: EventStatements = {
    insertEvent: {
      run: (row) => {
        if ((row.idempotency_key ?? null) !== null) {
          const key = keyOfUse(row);
          if (this.facts.uses.has(key)) return 0;
          this.facts.uses.set(key, receiptOf(row));
        }
        this.events.push(row);
        return 1;
      },
    },
    insertWireId: {
      run: (row) => {
        this.wire_ids.set(`${row.workspace_id} ${row.wire_id}`, row);
        return 1;
      },
    },
    selectByKey: { get: (use) => this.facts.uses.get(keyOfUse(use)) },
  };

  readonly writeMetadata = ({
    workspace_id,
    id: event_id,
    metadata,
  }: Pick<NewEvent, 'workspace_id' | 'id' | 'metadata'>): void => {
    for (const [key, value] of Object.entries(metadata ?? {})) {
      this.metadata.push({ workspace_id, key, value, event_id });
    }
  };

  readonly insert_tenant: Command<NewTenantRow> = {
    run: (row) => {
      this.tenants.set(`${row.workspace_id} ${row.tenant}`, row);
      return 1;
    },
  };

  readonly insert_fan_out: Command<FanOutRow> = { run: (row) => this.fan_outs.push(row) };

  readonly insert_delivery: Command<DeliveryRow> = {
    run: (row) => {
      this.deliveries.push(row);
      this.facts.orders.add(row);
      return 1;
    },
  };

  readonly settlement_statements: SettlementStatements = {
    insertAttempt: { run: (row) => this.attempts.push(row) },
    insertRequestBody: {
      run: (row) => {
        this.request_bodies.set(`${row.event_id} ${row.hash}`, row);
        return 1;
      },
    },
    endUnsent: { run: (end) => (this.#endLease(end) === null ? 0 : 1) },
    endAttempt: {
      run: (end) => {
        const row = this.#endLease(end);
        if (row === null) return 0;
        const { attempts, last_outcome, last_detail, last_status, last_duration_ms } = end;
        Object.assign(row, { attempts, last_outcome, last_detail, last_status, last_duration_ms });
        return 1;
      },
    },
    hold: {
      run: ({ id, status }) => this.change(id, { status, next_attempt_at: null, failure_reason: null }),
    },
  };

  readonly hook_statements: HookCounterStatements = {
    insertAudit: { run: (row) => this.audits.push(row) },
    countFailure: {
      get: ({ id, now, last_outcome, last_detail, last_status }) => {
        const hook = this.#locked(id);
        const { status, consecutive_failures, failing_since } = this.#changeHook(hook, {
          consecutive_failures: hook.consecutive_failures + 1,
          failing_since: hook.failing_since ?? now,
          last_failure_at: now,
          last_outcome,
          last_detail,
          last_status,
        });
        return { status, consecutive_failures, failing_since: failing_since ?? now };
      },
    },
    reset: {
      run: ({ id }) => {
        this.#changeHook(this.#locked(id), { consecutive_failures: 0, failing_since: null });
        return 1;
      },
    },
    disable: {
      run: ({ id, disabled_reason }) => {
        const hook = this.#locked(id);
        if (hook.status !== 'active') return 0;
        this.#changeHook(hook, { status: 'disabled', disabled_reason, stopping: 'held' });
        this.disabled.push(id);
        return 1;
      },
    },
  };

  readonly throttle_statements: ThrottleStatements = {
    upsert: {
      run: (row) => {
        this.#locked(row.hook_id);
        this.throttles.set(row.hook_id, row);
        return 1;
      },
    },
    remove: {
      run: ({ hook_id }) => {
        this.#locked(hook_id);
        this.throttles.set(hook_id, null);
        return 1;
      },
    },
  };

  /** Changes a locked delivery. Returns the number of changed rows. */
  change(id: string, change: Partial<DeliveryRow>): number {
    const row = this.facts.deliveries.get(id);
    if (row === undefined) throw new AlreadyChanged(`the delivery ${id} is not locked`);
    Object.assign(row, change);
    this.changed.add(row);
    return 1;
  }

  /** The fencing token: null for a stale lease. */
  #endLease(end: LeaseEnd): DeliveryRow | null {
    const row = this.facts.deliveries.get(end.id);
    if (row?.status !== 'sending' || row.lease_token !== end.lease_token) return null;
    const { status, failures, returns, suspicion, next_attempt_at, failure_reason, updated_at } = end;
    Object.assign(row, { status, failures, returns, suspicion, next_attempt_at, failure_reason, updated_at });
    Object.assign(row, { lease_until: null, leased_by: null, resume_status: null, resume_at: null });
    this.changed.add(row);
    return row;
  }

  #locked(id: string): LockedHook {
    const hook = this.facts.hooks.get(id);
    if (hook === undefined) throw new AlreadyChanged(`the hook ${id} is not locked`);
    return hook;
  }

  #changeHook(
    hook: LockedHook,
    change: {
      readonly status?: HookStatus;
      readonly disabled_reason?: DisabledReason;
      readonly stopping?: 'held';
      readonly consecutive_failures?: number;
      readonly failing_since?: number | null;
      readonly last_failure_at?: number;
      readonly last_outcome?: OutcomeKind | null;
      readonly last_detail?: string | null;
      readonly last_status?: number | null;
    },
  ): LockedHook {
    Object.assign(hook, change);
    this.hooks.add(hook);
    return hook;
  }
}
