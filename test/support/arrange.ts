import type { Insertable, Kysely, Selectable } from 'kysely';
import type { HookStatus } from '../../packages/server/src/core/hook.ts';
import type { IdFactory } from '../../packages/server/src/core/ids.ts';
import type { RateLimit } from '../../packages/server/src/core/rate-limit.ts';
import type { JsonObject } from '../../packages/server/src/core/json.ts';
import type { Cipher } from '../../packages/server/src/storage/cipher.ts';
import { newDeliveryRow } from '../../packages/server/src/storage/rows/delivery-row.ts';
import type { Schema } from '../../packages/server/src/storage/schema.ts';

export type EventRow = Selectable<Schema['bellwire_events']>;
export type DeliveryRow = Selectable<Schema['bellwire_deliveries']>;
export type AttemptRow = Selectable<Schema['bellwire_attempts']>;
export type HookRow = Selectable<Schema['bellwire_hooks']>;

export interface WorkspaceSetup {
  readonly strict?: boolean;
  readonly dialect?: string;
  readonly event_types?: Readonly<
    Record<string, { readonly schema?: JsonObject; readonly example?: JsonObject }>
  >;
}

export interface HookSetup {
  readonly events?: readonly string[];
  readonly filter?: string | null;
  readonly url?: string;
  readonly status?: HookStatus;
  readonly tenant?: string | null;
  readonly dialect?: string;
  readonly content_type?: string;
  readonly ordered?: 0 | 1;
  readonly order_key?: string | null;
  readonly max_attempts?: number | null;
  readonly retry_schedule?: string | null;
  readonly timeout_ms?: number | null;
  readonly rate_limit?: RateLimit;
  readonly consecutive_failures?: number;
  readonly failing_since?: number | null;
  /** Null for a hook without a secret. */
  readonly secret?: string | null;
  /** When previous secrets expire. */
  readonly previous?: readonly number[];
}

export interface ArrangeOptions {
  readonly db: Kysely<Schema>;
  readonly cipher: Cipher;
  readonly ids: IdFactory;
  readonly now: () => number;
  /** Called after each change, to invalidate caches. */
  readonly onChanged: (workspace_id: string, hook_id: string) => void;
}

export const TEST_SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

/** The row of an event for every hook, without tenant. */
export const eventRow = (row: Pick<EventRow, 'workspace_id' | 'id' | 'created_at'> & Partial<EventRow>) => ({
  tenant: null,
  type: 'order.created',
  idempotency_key: null,
  fingerprint: null,
  deliveries: 1,
  filtered: 0,
  addressed: 0,
  occurred_at: row.created_at,
  payload_expired_at: null,
  deliver_at: null,
  metadata: null,
  previous_data: null,
  data: '{}',
  ...row,
});

/** The row of a pending delivery without tenant. */
export const deliveryRow = (
  row: Pick<DeliveryRow, 'workspace_id' | 'id' | 'event_id' | 'hook_id'> &
    Partial<Pick<DeliveryRow, 'tenant'>>,
  times: Parameters<typeof newDeliveryRow>[1],
) =>
  newDeliveryRow(
    { tenant: null, event_type: 'order.created', trigger: 'scheduled', status: 'pending', ...row },
    times,
  );

const inSlices = <T>(rows: readonly T[], size = 500): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(rows.length / size) }, (_, index) =>
    rows.slice(index * size, (index + 1) * size),
  );

/** Arranges rows around deliveries and reads rows, beside the Store port. The same on every database. */
export const createArrange = ({ db, cipher, ids, now, onChanged }: ArrangeOptions) => {
  const changeHook = async (id: string, change: Partial<HookRow>): Promise<void> => {
    const { workspace_id } = await db
      .updateTable('bellwire_hooks')
      .set({ ...change, updated_at: now() })
      .where('id', '=', id)
      .returning('workspace_id')
      .executeTakeFirstOrThrow();
    onChanged(workspace_id, id);
  };

  const stopDeliveries = (hook_id: string, from: readonly ('pending' | 'held')[], to: 'held' | 'canceled') =>
    db
      .updateTable('bellwire_deliveries')
      .set({
        status: to,
        next_attempt_at: null,
        failure_reason: to === 'canceled' ? 'hook_deleted' : null,
        updated_at: now(),
      })
      .where('hook_id', '=', hook_id)
      .where('status', 'in', from)
      .execute();

  const hookRow = (workspace_id: string, setup: HookSetup): Insertable<Schema['bellwire_hooks']> => {
    const { secret: _, previous: __, events = ['*'], rate_limit, ...rest } = setup;
    const id = ids('wh');
    return {
      id,
      workspace_id,
      tenant: null,
      name: id,
      url: `https://${id.slice(3)}.example.com/`,
      method: 'POST',
      content_type: 'application/json',
      dialect: 'standard',
      rate_limit: rate_limit === undefined ? null : JSON.stringify(rate_limit),
      status: 'active',
      disabled_reason: null,
      stopping: null,
      insecure_ssl: 0,
      max_attempts: null,
      retry_schedule: null,
      timeout_ms: null,
      headers: null,
      client_certificate: null,
      validated_at: null,
      consecutive_failures: 0,
      failing_since: null,
      created_at: now(),
      updated_at: now(),
      deleted_at: null,
      ...rest,
      events: JSON.stringify(events),
    };
  };

  const addSecret = async (hook_id: string, value: string, expires_at: number | null): Promise<void> => {
    const id = ids('sec');
    const secret = cipher.seal(value, { table: 'bellwire_secrets', column: 'secret', id });
    await db
      .insertInto('bellwire_secrets')
      .values({ id, hook_id, secret, created_at: now(), expires_at })
      .execute();
  };

  const hook = (id: string) =>
    db.selectFrom('bellwire_hooks').selectAll().where('id', '=', id).executeTakeFirstOrThrow();

  return {
    addWorkspace: async ({ dialect = 'standard', strict = false, event_types = {} }: WorkspaceSetup = {}) => {
      const id = ids('ws');
      const times = { created_at: now(), updated_at: now() };
      await db
        .insertInto('bellwire_workspaces')
        .values({ id, name: id, dialect, strict: strict ? 1 : 0, ...times })
        .execute();
      const rows = Object.entries(event_types).map(([name, { schema, example }]) => ({
        workspace_id: id,
        name,
        description: '',
        schema: schema === undefined ? null : JSON.stringify(schema),
        example: example === undefined ? null : JSON.stringify(example),
        ...times,
      }));
      if (rows.length > 0) await db.insertInto('bellwire_event_types').values(rows).execute();
      return id;
    },
    addHook: async (workspace_id: string, setup: HookSetup = {}) => {
      const row = hookRow(workspace_id, setup);
      await db.insertInto('bellwire_hooks').values(row).execute();
      for (const expires_at of setup.previous ?? []) await addSecret(row.id, `old ${expires_at}`, expires_at);
      if (setup.secret !== null) await addSecret(row.id, setup.secret ?? TEST_SECRET, null);
      onChanged(workspace_id, row.id);
      return row.id;
    },
    /** Adds hooks for every event, without secrets. Returns their ids. */
    addHooks: async (workspace_id: string, count: number, setup: HookSetup = {}) => {
      const rows = Array.from({ length: count }, () => hookRow(workspace_id, setup));
      for (const slice of inSlices(rows)) await db.insertInto('bellwire_hooks').values(slice).execute();
      for (const { id } of rows) onChanged(workspace_id, id);
      return rows.map(({ id }) => id);
    },
    /** Switches a hook as the API does: all but an active hook hold what is pending. */
    setHookStatus: async (id: string, status: HookStatus) => {
      const fresh =
        status === 'active' ? { consecutive_failures: 0, failing_since: null, stopping: null } : {};
      await changeHook(id, { status, disabled_reason: null, ...fresh });
      if (status !== 'active') await stopDeliveries(id, ['pending'], 'held');
    },
    /** Switches a hook and leaves its deliveries pending, as a race can. */
    setOnlyHookStatus: (id: string, status: HookStatus) => changeHook(id, { status }),
    setHookOrder: (id: string, order: Pick<HookRow, 'ordered' | 'order_key'>) => changeHook(id, order),
    setHookDialect: (id: string, dialect: string) => changeHook(id, { dialect }),
    setHookFilter: (id: string, filter: string | null) => changeHook(id, { filter }),
    setHookEvents: (id: string, events: readonly string[]) =>
      changeHook(id, { events: JSON.stringify(events) }),
    /** Replaces the secrets of a hook by text that no key opens. */
    breakSecrets: async (hook_id: string) => {
      const lost = { secret: 'lost|AAAA|AAAA|AAAA' };
      await db.updateTable('bellwire_secrets').set(lost).where('hook_id', '=', hook_id).execute();
      await changeHook(hook_id, {});
    },
    /** Deletes a hook as the API does: what is pending or held is canceled. */
    deleteHook: async (id: string) => {
      await changeHook(id, { deleted_at: now() });
      await stopDeliveries(id, ['pending', 'held'], 'canceled');
    },
    /** Adds pending deliveries of a hook, all of one event. */
    addBacklog: async (
      to: string | { readonly hook_id: string; readonly tenant: string },
      count: number,
      next_attempt_at: number,
    ) => {
      const { hook_id, tenant } = typeof to === 'string' ? { hook_id: to, tenant: null } : to;
      const { workspace_id } = await hook(hook_id);
      const event_id = ids('evt');
      const event = eventRow({ workspace_id, tenant, id: event_id, deliveries: count, created_at: now() });
      await db.insertInto('bellwire_events').values(event).execute();
      const rows = Array.from({ length: count }, () =>
        deliveryRow(
          { workspace_id, tenant, id: ids('dlv'), event_id, hook_id },
          { now: now(), next_attempt_at },
        ),
      );
      for (const slice of inSlices(rows)) await db.insertInto('bellwire_deliveries').values(slice).execute();
    },
    countDeliveries: async () => {
      const { count } = await db
        .selectFrom('bellwire_deliveries')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow();
      return count;
    },
    /** Rows in the order of their creation, like all that follow. */
    events: (workspace_id?: string) => {
      const all = db.selectFrom('bellwire_events').selectAll().orderBy('id');
      return (workspace_id === undefined ? all : all.where('workspace_id', '=', workspace_id)).execute();
    },
    deliveries: ({ hook_id, event_id }: { readonly hook_id?: string; readonly event_id?: string } = {}) => {
      let query = db.selectFrom('bellwire_deliveries').selectAll().orderBy('id');
      if (hook_id !== undefined) query = query.where('hook_id', '=', hook_id);
      if (event_id !== undefined) query = query.where('event_id', '=', event_id);
      return query.execute();
    },
    delivery: (id: string) =>
      db.selectFrom('bellwire_deliveries').selectAll().where('id', '=', id).executeTakeFirstOrThrow(),
    changeDelivery: (id: string, change: Partial<DeliveryRow>) =>
      db.updateTable('bellwire_deliveries').set(change).where('id', '=', id).execute(),
    attempts: (delivery_id?: string) => {
      const all = db.selectFrom('bellwire_attempts').selectAll().orderBy('delivery_id').orderBy('number');
      return (delivery_id === undefined ? all : all.where('delivery_id', '=', delivery_id)).execute();
    },
    /** The bodies that are stored apart from their attempts. */
    requestBodies: () =>
      db.selectFrom('bellwire_request_bodies').selectAll().orderBy('event_id').orderBy('hash').execute(),
    hook,
    /** Undefined for a hook that nothing holds back. */
    throttle: (hook_id: string) =>
      db.selectFrom('bellwire_throttles').selectAll().where('hook_id', '=', hook_id).executeTakeFirst(),
    /** The expiries of the secrets of a hook, the current secret first. */
    secrets: async (hook_id: string) => {
      const secrets = db.selectFrom('bellwire_secrets').select('expires_at').where('hook_id', '=', hook_id);
      return (await secrets.execute()).toSorted((a, b) => (a.expires_at ?? 0) - (b.expires_at ?? 0));
    },
    eventMetadata: () =>
      db.selectFrom('bellwire_event_metadata').selectAll().orderBy('event_id').orderBy('key').execute(),
    stats: () => db.selectFrom('bellwire_stats').selectAll().orderBy('kind').execute(),
    tenants: (workspace_id: string) =>
      db.selectFrom('bellwire_tenants').selectAll().where('workspace_id', '=', workspace_id).execute(),
  };
};
