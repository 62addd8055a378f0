import { BellwireError, type Issue } from '../core/errors.ts';
import type { IdFactory } from '../core/ids.ts';
import { canonicalJson, type JsonObject } from '../core/json.ts';
import type { Clock } from '../ports/clock.ts';
import type { Hash } from '../ports/hash.ts';
import type { SchemaCheck } from '../ports/schema-check.ts';
import type { AcceptResult, EventReceipt, NewEvent, Store } from '../ports/store.ts';
import type { GroupCommit } from './group-commit.ts';

/** What a sender hands in. Its shape has been checked; its meaning has not. */
export interface SendInput {
  readonly type: string;
  readonly data: JsonObject;
  readonly previous_data?: JsonObject | null | undefined;
  /** Milliseconds; the moment of accepting when absent. */
  readonly occurred_at?: number | undefined;
  readonly idempotency_key?: string | undefined;
  readonly hook_ids?: readonly string[] | undefined;
}

/** An event that only one hook gets, once. */
export interface SingleInput {
  readonly hook_id: string;
  readonly trigger: 'ping' | 'test' | 'validate';
  readonly type: string;
  readonly data: JsonObject;
}

export interface Accept {
  /**
   * Accepts one event: when this resolves, the event and its deliveries are durable.
   * @throws BellwireError `unknown_event_type`, `schema_violation`, `idempotency_conflict`, `not_found`, `overloaded`,
   * `storage_failed`, `shutting_down`.
   */
  readonly event: (workspace_id: string, input: SendInput) => Promise<EventReceipt>;
  /** Makes an event and its one delivery for one hook, in whatever state that is; answers the delivery's id. */
  readonly single: (workspace_id: string, input: SingleInput) => Promise<{ readonly delivery_id: string }>;
}

export interface AcceptOptions {
  readonly store: Store;
  readonly turns: GroupCommit;
  readonly clock: Clock;
  readonly ids: IdFactory;
  readonly hash: Hash;
  readonly check: SchemaCheck;
  readonly isStopping: () => boolean;
}

const noWorkspace = (id: string) => new BellwireError('not_found', `There is no workspace ${id}.`);

export const shuttingDown = () =>
  new BellwireError('shutting_down', 'The server is stopping. Nothing was stored; send this one again.', {
    retry_after_s: 1,
  });

const receiptOf = (result: AcceptResult): EventReceipt => {
  switch (result.kind) {
    case 'accepted':
    case 'repeated':
      return result.receipt;
    case 'conflict':
      throw new BellwireError(
        'idempotency_conflict',
        `This idempotency key was used before for another event (${result.event_id}). Send the same body again, or use a new key.`,
      );
    case 'unknown_hook':
      throw new BellwireError('not_found', `There is no hook ${result.hook_id} in this workspace.`, {
        issues: [{ path: 'hook_ids', message: `${result.hook_id} does not exist` }],
      });
  }
};

const violation = (type: string, issues: readonly Issue[]) =>
  new BellwireError(
    'schema_violation',
    `The data does not fit the schema of ${type}: ${issues.map(({ path, message }) => `${path} ${message}`).join('; ')}.`,
    { issues },
  );

export const createAccept = (options: AcceptOptions): Accept => {
  const { store, turns, clock, ids } = options;

  const fingerprintOf = (input: SendInput): string =>
    options.hash(
      canonicalJson([
        input.type,
        input.data,
        input.previous_data ?? null,
        input.occurred_at ?? null,
        input.hook_ids ?? null,
      ]),
    );

  const checkAgainstCatalog = async (workspace_id: string, { type, data }: SendInput): Promise<void> => {
    const catalog = await store.catalog(workspace_id);
    if (catalog === null) throw noWorkspace(workspace_id);
    const known = catalog.event_types.get(type);
    if (known === undefined && catalog.strict) {
      throw new BellwireError(
        'unknown_event_type',
        `The workspace is strict and its catalog has no event type "${type}". Add it with PUT /v1/event-types/${encodeURIComponent(type)}, or correct the name.`,
        { issues: [{ path: 'type', message: 'is not in the catalog' }] },
      );
    }
    if (known === undefined || known.schema === null || known.schema_text === null) return;
    const issues = options.check(known.schema, known.schema_text, data);
    if (issues.length > 0) throw violation(type, issues);
  };

  const refuseWhenStopping = (): void => {
    if (options.isStopping()) throw shuttingDown();
  };

  return {
    event: async (workspace_id, input) => {
      refuseWhenStopping();
      await checkAgainstCatalog(workspace_id, input);
      // A stop that began while the catalog was read may have seen its last commit.
      refuseWhenStopping();
      const created_at = clock.now();
      const idempotency_key = input.idempotency_key ?? null;
      const event: NewEvent = {
        id: ids('evt'),
        workspace_id,
        type: input.type,
        data: input.data,
        previous_data: input.previous_data ?? null,
        occurred_at: input.occurred_at ?? created_at,
        created_at,
        idempotency_key,
        fingerprint: idempotency_key === null ? null : fingerprintOf(input),
        hook_ids: input.hook_ids ?? null,
        trigger: 'scheduled',
      };
      return receiptOf(await turns.accept(event));
    },
    single: async (workspace_id, { hook_id, trigger, type, data }) => {
      refuseWhenStopping();
      const created_at = clock.now();
      const result = await turns.accept({
        id: ids('evt'),
        workspace_id,
        type,
        data,
        previous_data: null,
        occurred_at: created_at,
        created_at,
        idempotency_key: null,
        fingerprint: null,
        hook_ids: [hook_id],
        trigger,
      });
      const [leased] = result.kind === 'accepted' ? result.leased : [];
      if (leased === undefined) throw new BellwireError('not_found', `There is no hook ${hook_id}.`);
      return { delivery_id: leased.delivery.id };
    },
  };
};
