import type { Delivery } from '../core/delivery.ts';
import { deliverAtProblem } from '../core/deliver-at.ts';
import { BellwireError } from '../core/errors.ts';
import type { Event, EventMetadata } from '../core/event.ts';
import type { IdFactory } from '../core/ids.ts';
import { canonicalJson, type JsonObject } from '../core/json.ts';
import { isOperational, reservedType } from '../core/operational-events.ts';
import { unsentWarnings, type Warning } from '../core/warnings.ts';
import type { Clock } from '../ports/clock.ts';
import type { Hash } from '../ports/hash.ts';
import type { SchemaCheck } from '../ports/schema-check.ts';
import type { AcceptResult, AttemptRecord, EventReceipt, NewEvent, Store } from '../ports/store.ts';
import type { AttemptWatch } from './attempt-watch.ts';
import { createCatalogCheck } from './catalog-check.ts';
import { FilterEvaluation } from './evaluate-filters.ts';
import { createSuggestType } from './suggest-type.ts';
import type { GroupCommit } from './group-commit.ts';

/** A sender's input. Its shape is already validated, its content is not. */
export interface SendInput {
  readonly type: string;
  readonly data: JsonObject;
  readonly previous_data?: JsonObject | null | undefined;
  /** The user's id for the customer that the event belongs to. */
  readonly tenant?: string | undefined;
  readonly metadata?: EventMetadata | undefined;
  /** Milliseconds; default now. */
  readonly occurred_at?: number | undefined;
  /** Milliseconds; default at once. */
  readonly deliver_at?: number | undefined;
  readonly idempotency_key?: string | undefined;
  readonly hook_ids?: readonly string[] | undefined;
}

/** An event for a single attempt to one hook. */
export interface SingleInput {
  readonly hook_id: string;
  readonly tenant: string | null;
  readonly trigger: 'ping' | 'test' | 'validate';
  readonly type: string;
  readonly data: JsonObject;
  readonly previous_data?: JsonObject | null;
}

/** The answer to the sender, with the reasons if the event reaches no hook. */
export interface AcceptedEvent extends EventReceipt {
  readonly warnings: readonly Warning[];
}

/** A delivery that is sent immediately. */
export interface SingleDelivery {
  readonly delivery: Delivery;
  /** Its attempt once it is recorded; null if the delivery was returned unsent. Never rejects. */
  readonly attempt: Promise<AttemptRecord | null>;
}

export interface Accept {
  /**
   * Accepts one event: when this resolves, the event and its deliveries are durable.
   * @throws BellwireError `invalid_input` (`deliver_at`), `reserved_event_type`, `unknown_event_type`, `schema_violation`, the errors of `SchemaCheck`, `idempotency_conflict`, `not_found`, `overloaded`,
   * `storage_failed`, `internal` (the database refuses this one event), `shutting_down`.
   */
  readonly event: (workspace_id: string, input: SendInput) => Promise<AcceptedEvent>;
  /** Creates an event and its delivery for one hook in any state. */
  readonly single: (workspace_id: string, input: SingleInput) => Promise<SingleDelivery>;
}

export interface AcceptOptions {
  readonly store: Store;
  readonly group_commit: GroupCommit;
  readonly attempts: AttemptWatch;
  readonly clock: Clock;
  readonly ids: IdFactory;
  readonly hash: Hash;
  readonly check: SchemaCheck;
  /** Events cannot be delayed beyond it; null for no limit. */
  readonly retention_ms: number | null;
  readonly isStopping: () => boolean;
  /** The filter of a hook could not be evaluated; the hook gets the event. */
  readonly onFilterFailed: (event: NewEvent, hook_id: string) => void;
}

const NO_OPTIONS = {
  idempotency_key: null,
  fingerprint: null,
  metadata: null,
  deliver_at: null,
  verdicts: null,
} as const;

const noHook = (id: string) =>
  new BellwireError('not_found', `There is no hook ${id} in this workspace.`, {
    issues: [{ path: 'hook_ids', message: `${id} does not exist` }],
  });

export const shuttingDown = () =>
  new BellwireError('shutting_down', 'The server is shutting down. Nothing was stored; try again.', {
    retry_after_s: 1,
  });

/** The accepted event, stored now or before. @throws BellwireError for every other result. */
const acceptedOf = (
  result: AcceptResult,
): Extract<AcceptResult, { kind: 'accepted' }> | Extract<AcceptResult, { kind: 'repeated' }> => {
  switch (result.kind) {
    case 'accepted':
    case 'repeated':
      return result;
    case 'conflict':
      throw new BellwireError(
        'idempotency_conflict',
        `This idempotency key was already used for a different event (${result.event_id}). Send the same body again, or use a new key.`,
      );
    case 'unknown_hook':
      throw noHook(result.hook_id);
    case 'rejected':
      throw result.error;
    case 'deferred':
      throw new BellwireError(
        'internal',
        'The server answered before it stored the event. This is a bug in Bellwire.',
      );
  }
};

const newEvent = (event: Event, options: Omit<NewEvent, keyof Event | 'previous_data_text'>): NewEvent => ({
  ...event,
  previous_data_text: event.previous_data === null ? null : JSON.stringify(event.previous_data),
  ...options,
});

const scheduledEvent = (
  input: SendInput,
  accepted: Pick<NewEvent, 'id' | 'workspace_id' | 'created_at' | 'data_text' | 'deliver_at' | 'fingerprint'>,
): NewEvent => {
  const { type, data, previous_data = null, tenant = null, hook_ids = null } = input;
  const metadata = Object.keys(input.metadata ?? {}).length === 0 ? null : (input.metadata ?? null);
  const { id, workspace_id, created_at, ...stored } = accepted;
  const occurred_at = input.occurred_at ?? created_at;
  return newEvent(
    { id, workspace_id, tenant, type, data, previous_data, occurred_at, created_at },
    {
      ...NO_OPTIONS,
      ...stored,
      idempotency_key: input.idempotency_key ?? null,
      metadata,
      hook_ids,
      trigger: 'scheduled',
    },
  );
};

/** Null for a time that is not in the future. @throws BellwireError `invalid_input` */
const deliverAtOf = (
  { deliver_at = 0 }: SendInput,
  limits: Parameters<typeof deliverAtProblem>[1],
): number | null => {
  if (deliver_at <= limits.now) return null;
  const message = deliverAtProblem(deliver_at, limits);
  if (message === null) return deliver_at;
  throw new BellwireError('invalid_input', `deliver_at: ${message}.`, {
    issues: [{ path: 'deliver_at', message }],
  });
};

const fingerprintOf = (input: SendInput, hash: Hash): string =>
  hash(
    canonicalJson([
      input.type,
      input.data,
      input.previous_data ?? null,
      input.occurred_at ?? null,
      input.hook_ids ?? null,
      input.metadata ?? null,
      input.deliver_at ?? null,
    ]),
  );

export const createAccept = (options: AcceptOptions): Accept => {
  const { group_commit, attempts, clock, ids, retention_ms } = options;

  const suggestType = createSuggestType();
  const checkAgainstCatalog = createCatalogCheck(options);
  const filters = new FilterEvaluation({ ...options, onFailed: options.onFilterFailed });
  const refuseWhenStopping = (): void => {
    if (options.isStopping()) throw shuttingDown();
  };

  return {
    event: async (workspace_id, input) => {
      refuseWhenStopping();
      if (isOperational(input.type)) throw reservedType(input.type, 'type');
      const { type, data } = input;
      const data_text = JSON.stringify(data);
      const { event_types } = await checkAgainstCatalog(workspace_id, { type, data, data_text });
      // Shutdown may have begun, and finished its last commit, while the catalog was read or the data was checked.
      refuseWhenStopping();
      const created_at = clock.now();
      const deliver_at = deliverAtOf(input, { now: created_at, retention_ms });
      const fingerprint = input.idempotency_key === undefined ? null : fingerprintOf(input, options.hash);
      const accepted = { id: ids('evt'), workspace_id, created_at, data_text, deliver_at, fingerprint };
      const event = scheduledEvent(input, accepted);
      const evaluation = filters.evaluate(event);
      const evaluated = evaluation === null ? event : await evaluation;
      refuseWhenStopping();
      const { receipt } = acceptedOf(await group_commit.accept(evaluated));
      return {
        ...receipt,
        warnings:
          receipt.deliveries + receipt.filtered > 0 ? [] : unsentWarnings(input, event_types, suggestType),
      };
    },
    single: async (workspace_id, { hook_id, tenant, trigger, type, data, previous_data = null }) => {
      refuseWhenStopping();
      const now = clock.now();
      const fact = { tenant, type, data, previous_data, occurred_at: now, created_at: now };
      const event = newEvent(
        { id: ids('evt'), workspace_id, ...fact },
        { ...NO_OPTIONS, data_text: JSON.stringify(data), hook_ids: [hook_id], trigger },
      );
      const result = acceptedOf(await group_commit.accept(event));
      const [leased] = result.kind === 'accepted' ? result.leased : [];
      if (leased === undefined) throw noHook(hook_id);
      return { delivery: leased.delivery, attempt: attempts.watch(leased) };
    },
  };
};
