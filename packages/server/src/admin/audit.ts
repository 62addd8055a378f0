import { HIDDEN_VALUE } from '../core/custom-headers.ts';
import { formatDuration } from '../core/durations.ts';
import type { IdFactory } from '../core/ids.ts';
import { canonicalJson, type Json } from '../core/json.ts';
import type { RecoveryFilter, RecoveryKind } from '../core/recovery.ts';
import type { AuditFields } from '../ports/audits.ts';
import type { Clock } from '../ports/clock.ts';
import type { ApiKey, EventType, ListedHook, Repositories, Workspace } from '../ports/repositories.ts';

/** Who changes something, and where. */
export interface Actor {
  readonly workspace_id: string;
  /** The id of the caller's API key. */
  readonly by: string;
}

/** A hook, and who changes it. */
export interface HookRef extends Actor {
  readonly hook_id: string;
}

export type AuditAction =
  | `hook.${'created' | 'updated' | 'activated' | 'deactivated' | 'validated' | 'deleted'}`
  | `secret.${'rotated' | 'switched' | 'revealed' | 'used' | 'replaced' | 'removed'}`
  | `event_type.${'created' | 'updated' | 'deleted'}`
  | `workspace.${'created' | 'updated' | 'erased'}`
  | `tenant.${'created' | 'updated' | 'erased'}`
  | `api_key.${'created' | 'deleted'}`
  | `recovery.${'created' | 'canceled'}`
  | `portal.${'linked' | 'revoked'}`
  | 'delivery.skipped'
  | 'encryption.rekeyed'
  | 'event.erased';

/** One change, for its entry. */
export interface AuditedChange {
  readonly action: AuditAction;
  /** The id of what was changed. */
  readonly subject: string;
  /** The tenant that it belongs to. Its erasure removes the fields of the entry. */
  readonly tenant?: string | null;
  /** Every field as it was and as it is; the entry keeps those that differ. */
  readonly before?: AuditFields | null;
  readonly after?: AuditFields | null;
  /** Fields that the entry keeps although they look the same, because their values are not shown. */
  readonly replaced?: readonly string[];
}

/** Adds the entry of a change; none if `before` and `after` are equal. */
export type RecordChange = (change: AuditedChange) => Promise<void>;

/** Writes the audit log. */
export interface Audit {
  /**
   * Runs `work` in one transaction, so that a change is stored with its entry or not at all. `work` must change and read
   * only through the repositories that it gets.
   */
  readonly change: <T>(
    actor: Actor,
    work: (repositories: Repositories, record: RecordChange) => Promise<T>,
  ) => Promise<T>;
}

export interface AuditOptions {
  readonly repositories: Repositories;
  readonly clock: Clock;
  readonly ids: IdFactory;
  /** Called after the commit of each change that has an entry. */
  readonly onChanged: (actor: Actor, change: AuditedChange) => void;
}

/** A longer value would make pages of the log large. */
const VALUE_MAX = 2_000;

const bounded = (value: Json): Json => {
  const text = JSON.stringify(value);
  return text.length <= VALUE_MAX ? value : `[${text.length} characters, not recorded]`;
};

const pick = (fields: AuditFields, names: readonly string[]): AuditFields =>
  Object.fromEntries(
    names.filter((name) => name in fields).map((name) => [name, bounded(fields[name] ?? null)]),
  );

/** The fields that differ; null if none does. */
const differences = ({
  before = null,
  after = null,
  replaced = [],
}: AuditedChange): { readonly before: AuditFields | null; readonly after: AuditFields | null } | null => {
  if (before === null || after === null) {
    return {
      before: before === null ? null : pick(before, Object.keys(before)),
      after: after === null ? null : pick(after, Object.keys(after)),
    };
  }
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (name) =>
      replaced.includes(name) || canonicalJson(before[name] ?? null) !== canonicalJson(after[name] ?? null),
  );
  return names.length === 0 ? null : { before: pick(before, names), after: pick(after, names) };
};

export const createAudit = ({ repositories, clock, ids, onChanged }: AuditOptions): Audit => ({
  change: async (actor, work) => {
    const { workspace_id, by } = actor;
    const { result, recorded } = await repositories.transaction(async (bound) => {
      const added: AuditedChange[] = [];
      const done = await work(bound, async (change) => {
        const changes = differences(change);
        if (changes === null) return;
        const { action, subject, tenant = null } = change;
        const at = clock.now();
        await bound.audit.add({ id: ids('aud'), workspace_id, at, by, action, subject, tenant, ...changes });
        added.push(change);
      });
      return { result: done, recorded: added };
    });
    for (const change of recorded) onChanged(actor, change);
    return result;
  },
});

const isoOrNull = (time: number | null): string | null =>
  time === null || !Number.isFinite(time) ? null : new Date(time).toISOString();

/** The fields of a hook that a user sets or that the API changes. Header values are never among them. */
export const auditedHook = (hook: ListedHook): AuditFields => {
  const {
    id: _id,
    number: _number,
    workspace_id: _workspace,
    consecutive_failures: _failures,
    failing_since: _since,
    last_failure: _failure,
    created_at: _created,
    updated_at: _updated,
    secret_expiries: _expiries,
    next_attempt_at: _next,
    throttle: _throttle,
    header_names,
    client_certificate,
    validated_at,
    retry_schedule,
    ...fields
  } = hook;
  return {
    ...fields,
    retry_schedule: retry_schedule?.map(formatDuration) ?? null,
    validated_at: isoOrNull(validated_at),
    headers: Object.fromEntries(header_names.map((name) => [name, HIDDEN_VALUE])),
    client_certificate:
      client_certificate === null
        ? null
        : { ...client_certificate, expires_at: new Date(client_certificate.expires_at).toISOString() },
  };
};

export const auditedEventType = (type: EventType): AuditFields => {
  const { name: _name, created_at: _created, updated_at: _updated, ...fields } = type;
  return fields;
};

export const auditedWorkspace = ({ name, dialect, strict }: Workspace): AuditFields => ({
  name,
  dialect,
  strict,
});

export const auditedKey = (key: ApiKey): AuditFields => ({
  name: key.name,
  scope: key.scope,
  workspace_id: key.workspace_id,
  events_per_second: key.events_per_second,
  expires_at: isoOrNull(key.expires_at),
});

/** A job and what it covers; of deliveries by id, their number. */
export const auditedRecovery = (kind: RecoveryKind, filter: RecoveryFilter): AuditFields => {
  const { delivery_ids, since, until, ...rest } = filter;
  return {
    kind,
    ...rest,
    deliveries: delivery_ids?.length ?? null,
    since: isoOrNull(since),
    until: isoOrNull(until),
  };
};
