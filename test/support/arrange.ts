import type { Insertable, Kysely, Selectable } from 'kysely';
import type { HookStatus } from '../../packages/server/src/core/hook.ts';
import type { IdFactory } from '../../packages/server/src/core/ids.ts';
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
  readonly url?: string;
  readonly status?: HookStatus;
  readonly tenant?: string | null;
  readonly dialect?: string;
  readonly content_type?: string;
  readonly max_attempts?: number | null;
  readonly timeout_ms?: number | null;
  readonly consecutive_failures?: number;
  readonly failing_since?: number | null;
  /** Null for a hook without one. */
  readonly secret?: string | null;
  /** When previous secrets expire. */
  readonly previous?: readonly number[];
}

/** Makes and changes what stands around deliveries, and reads rows, beside the Store port. The same on every database. */
export interface Arrange {
  readonly addWorkspace: (setup?: WorkspaceSetup) => Promise<string>;
  readonly addHook: (workspace_id: string, setup?: HookSetup) => Promise<string>;
  /** As a person does it: a hook that stops being active holds what waits for it. */
  readonly setHookStatus: (id: string, status: HookStatus) => Promise<void>;
  /** As a race leaves it: a hook that is not active with deliveries that are pending. */
  readonly setOnlyHookStatus: (id: string, status: HookStatus) => Promise<void>;
  readonly setHookDialect: (id: string, dialect: string) => Promise<void>;
  /** As a row of another key ring leaves it. */
  readonly breakSecrets: (hook_id: string) => Promise<void>;
  /** Many hooks for every event, without secrets. */
  readonly addHooks: (workspace_id: string, count: number) => Promise<void>;
  /** Pending deliveries of a hook, all of one event. */
  readonly addBacklog: (hook_id: string, count: number, next_attempt_at: number) => Promise<void>;
  readonly countDeliveries: () => Promise<number>;
  readonly setHookEvents: (id: string, events: readonly string[]) => Promise<void>;
  /** As a person does it: what is pending or held is canceled. */
  readonly deleteHook: (id: string) => Promise<void>;
  /** In the order of their making, like all that follow. */
  readonly events: (workspace_id?: string) => Promise<readonly EventRow[]>;
  readonly deliveries: (where?: {
    readonly hook_id?: string;
    readonly event_id?: string;
  }) => Promise<readonly DeliveryRow[]>;
  readonly delivery: (id: string) => Promise<DeliveryRow>;
  readonly attempts: (delivery_id?: string) => Promise<readonly AttemptRow[]>;
  readonly hook: (id: string) => Promise<HookRow>;
  /** The current one first. */
  readonly secrets: (hook_id: string) => Promise<readonly { readonly expires_at: number | null }[]>;
  readonly tenants: (workspace_id: string) => Promise<readonly Schema['bellwire_tenants'][]>;
}

export interface ArrangeOptions {
  readonly db: Kysely<Schema>;
  readonly cipher: Cipher;
  readonly ids: IdFactory;
  readonly now: () => number;
  /** Called after each change, so that no cache goes on with what was. */
  readonly onChanged: (workspace_id: string, hook_id: string) => void;
}

export const TEST_SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

export const createArrange = ({ db, cipher, ids, now, onChanged }: ArrangeOptions): Arrange => {
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
      .set({ status: to, next_attempt_at: null, updated_at: now() })
      .where('hook_id', '=', hook_id)
      .where('status', 'in', from)
      .execute();

  const hookRow = (
    workspace_id: string,
    id: string,
    setup: HookSetup,
  ): Insertable<Schema['bellwire_hooks']> => ({
    id,
    workspace_id,
    tenant: setup.tenant ?? null,
    name: id,
    url: setup.url ?? `https://${id.slice(3)}.example.com/`,
    events: JSON.stringify(setup.events ?? ['*']),
    method: 'POST',
    content_type: setup.content_type ?? 'application/json',
    dialect: setup.dialect ?? 'standard',
    status: setup.status ?? 'active',
    disabled_reason: null,
    stopping: null,
    insecure_ssl: 0,
    max_attempts: setup.max_attempts ?? null,
    timeout_ms: setup.timeout_ms ?? null,
    headers: null,
    validated_at: null,
    consecutive_failures: setup.consecutive_failures ?? 0,
    failing_since: setup.failing_since ?? null,
    created_at: now(),
    updated_at: now(),
    deleted_at: null,
  });

  const addSecret = async (
    hook_id: string,
    value: string,
    expires_at: number | null = null,
  ): Promise<void> => {
    const id = ids('sec');
    const secret = cipher.seal(value, { table: 'bellwire_secrets', column: 'secret', id });
    await db
      .insertInto('bellwire_secrets')
      .values({ id, hook_id, secret, created_at: now(), expires_at })
      .execute();
  };

  return {
    addWorkspace: async (setup = {}) => {
      const id = ids('ws');
      const times = { created_at: now(), updated_at: now() };
      await db
        .insertInto('bellwire_workspaces')
        .values({
          id,
          name: id,
          dialect: setup.dialect ?? 'standard',
          strict: setup.strict === true ? 1 : 0,
          ...times,
        })
        .execute();
      for (const [name, { schema, example }] of Object.entries(setup.event_types ?? {})) {
        await db
          .insertInto('bellwire_event_types')
          .values({
            workspace_id: id,
            name,
            description: '',
            schema: schema === undefined ? null : JSON.stringify(schema),
            example: example === undefined ? null : JSON.stringify(example),
            ...times,
          })
          .execute();
      }
      return id;
    },
    addHook: async (workspace_id, setup = {}) => {
      const id = ids('wh');
      await db
        .insertInto('bellwire_hooks')
        .values(hookRow(workspace_id, id, setup))
        .execute();
      for (const expires_at of setup.previous ?? []) await addSecret(id, `old ${expires_at}`, expires_at);
      if (setup.secret !== null) await addSecret(id, setup.secret ?? TEST_SECRET);
      onChanged(workspace_id, id);
      return id;
    },
    setOnlyHookStatus: (id, status) => changeHook(id, { status }),
    setHookStatus: async (id, status) => {
      const fresh =
        status === 'active' ? { consecutive_failures: 0, failing_since: null, stopping: null } : {};
      await changeHook(id, { status, disabled_reason: null, ...fresh });
      if (status !== 'active') await stopDeliveries(id, ['pending'], 'held');
    },
    setHookDialect: (id, dialect) => changeHook(id, { dialect }),
    breakSecrets: async (hook_id) => {
      await db
        .updateTable('bellwire_secrets')
        .set({ secret: 'lost|AAAA|AAAA|AAAA' })
        .where('hook_id', '=', hook_id)
        .execute();
      await changeHook(hook_id, {});
    },
    addHooks: async (workspace_id, count) => {
      const rows = Array.from({ length: count }, () => hookRow(workspace_id, ids('wh'), {}));
      for (let start = 0; start < count; start += 500) {
        await db
          .insertInto('bellwire_hooks')
          .values(rows.slice(start, start + 500))
          .execute();
      }
      for (const { id } of rows) onChanged(workspace_id, id);
    },
    addBacklog: async (hook_id, count, next_attempt_at) => {
      const { workspace_id } = await db
        .selectFrom('bellwire_hooks')
        .select('workspace_id')
        .where('id', '=', hook_id)
        .executeTakeFirstOrThrow();
      const event_id = ids('evt');
      await db
        .insertInto('bellwire_events')
        .values({
          workspace_id,
          id: event_id,
          tenant: null,
          type: 'order.created',
          data: '{}',
          idempotency_key: null,
          fingerprint: null,
          previous_data: null,
          deliveries: count,
          addressed: 0,
          occurred_at: now(),
          created_at: now(),
        })
        .execute();
      const row = () =>
        newDeliveryRow(
          {
            workspace_id,
            id: ids('dlv'),
            tenant: null,
            event_id,
            event_type: 'order.created',
            hook_id,
            trigger: 'scheduled',
            status: 'pending',
          },
          { now: now(), next_attempt_at },
        );
      for (let start = 0; start < count; start += 500) {
        const rows = Array.from({ length: Math.min(500, count - start) }, row);
        await db.insertInto('bellwire_deliveries').values(rows).execute();
      }
    },
    countDeliveries: async () => {
      const { count } = await db
        .selectFrom('bellwire_deliveries')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow();
      return count;
    },
    setHookEvents: (id, events) => changeHook(id, { events: JSON.stringify(events) }),
    deleteHook: async (id) => {
      await changeHook(id, { deleted_at: now() });
      await stopDeliveries(id, ['pending', 'held'], 'canceled');
    },
    events: (workspace_id) => {
      const all = db.selectFrom('bellwire_events').selectAll().orderBy('id');
      return (workspace_id === undefined ? all : all.where('workspace_id', '=', workspace_id)).execute();
    },
    deliveries: ({ hook_id, event_id } = {}) => {
      let query = db.selectFrom('bellwire_deliveries').selectAll().orderBy('id');
      if (hook_id !== undefined) query = query.where('hook_id', '=', hook_id);
      if (event_id !== undefined) query = query.where('event_id', '=', event_id);
      return query.execute();
    },
    delivery: (id) =>
      db.selectFrom('bellwire_deliveries').selectAll().where('id', '=', id).executeTakeFirstOrThrow(),
    attempts: (delivery_id) => {
      const all = db.selectFrom('bellwire_attempts').selectAll().orderBy('delivery_id').orderBy('number');
      return (delivery_id === undefined ? all : all.where('delivery_id', '=', delivery_id)).execute();
    },
    secrets: async (hook_id) => {
      const rows = await db
        .selectFrom('bellwire_secrets')
        .select('expires_at')
        .where('hook_id', '=', hook_id)
        .execute();
      return rows.toSorted((a, b) => (a.expires_at ?? 0) - (b.expires_at ?? 0));
    },
    tenants: (workspace_id) =>
      db.selectFrom('bellwire_tenants').selectAll().where('workspace_id', '=', workspace_id).execute(),
    hook: (id) => db.selectFrom('bellwire_hooks').selectAll().where('id', '=', id).executeTakeFirstOrThrow(),
  };
};
