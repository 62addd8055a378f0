import type { Insertable, Kysely } from 'kysely';
import { createIdFactory, firstIdAt } from '../../../packages/server/src/core/ids.ts';
import { createDialects } from '../../../packages/server/src/dialects/registry.ts';
import type { Page, PageQuery } from '../../../packages/server/src/ports/page.ts';
import type { ListedHook, NewHook } from '../../../packages/server/src/ports/repositories.ts';
import { createCaches } from '../../../packages/server/src/storage/caches.ts';
import { createCipher } from '../../../packages/server/src/storage/cipher.ts';
import { type Invalidation, Invalidations } from '../../../packages/server/src/storage/invalidations.ts';
import { createRepositories } from '../../../packages/server/src/storage/repositories/repositories.ts';
import type { Schema } from '../../../packages/server/src/storage/schema.ts';
import { createArrange, deliveryRow, type DeliveryRow, eventRow } from '../../support/arrange.ts';
import { createSeededRandom } from '../../support/seeded-random.ts';
import { TEST_KEY_RING } from '../../support/test-store.ts';
import { VIRTUAL_START } from '../../support/virtual-clock.ts';

/** An empty database with our tables. */
export interface RepositoriesUnderTest extends AsyncDisposable {
  readonly db: Kysely<Schema>;
  /** Takes the idempotency key of an event before it is stored, where the key is not unique in the table of events. */
  readonly takeKey?: (event: Insertable<Schema['bellwire_events']>) => Promise<unknown>;
}

export const NOW = VIRTUAL_START;
/** The time of `created_at` and `updated_at` of new rows. */
export const TIMES = { created_at: NOW, updated_at: NOW };

type HookRef = Pick<ListedHook, 'workspace_id' | 'id'>;

/** Every page of a list. */
export const walk = async <T>(list: (page: PageQuery) => Promise<Page<T>>, limit: number) => {
  const pages: (readonly T[])[] = [];
  let after: string | null = null;
  do {
    const page: Page<T> = await list({ limit, after });
    pages.push(page.data);
    after = page.next;
  } while (after !== null);
  return pages;
};

export const FIRST_PAGE: PageQuery = { limit: 100, after: null };

export const idsOf = (page: Page<{ readonly id: string }>): readonly string[] =>
  page.data.map(({ id }) => id);

const createRows = ({ db, takeKey }: Pick<RepositoriesUnderTest, 'db' | 'takeKey'>) => {
  const ids = createIdFactory(() => NOW, createSeededRandom(1).bytes);
  let count = 0;
  /** An id as old as `time`; a later id of the same time sorts behind it. */
  const idAt = (prefix: 'evt' | 'dlv', time: number): string => {
    count += 1;
    return `${firstIdAt(prefix, time).slice(0, -6)}${String(count).padStart(6, '0')}`;
  };

  const addEvent = async (
    workspace_id: string,
    differences: Partial<Insertable<Schema['bellwire_events']>> = {},
  ) => {
    const row = { ...eventRow({ workspace_id, id: ids('evt'), created_at: NOW }), ...differences };
    if ((row.idempotency_key ?? null) !== null) await takeKey?.(row);
    return db.insertInto('bellwire_events').values(row).returningAll().executeTakeFirstOrThrow();
  };

  /** Adds a delivery, pending and due by default. Returns its id. */
  const addDelivery = async (
    { workspace_id, id: hook_id }: HookRef,
    differences: Partial<DeliveryRow> = {},
  ): Promise<string> => {
    const ref = { workspace_id, id: ids('dlv'), event_id: 'evt_1', hook_id };
    const row = { ...deliveryRow(ref, { now: NOW, next_attempt_at: NOW }), ...differences };
    await db.insertInto('bellwire_deliveries').values(row).execute();
    return row.id;
  };

  /** Adds an event and a delivery of the same time. */
  const addSent = async (hook: HookRef, time: number, differences: Partial<DeliveryRow> = {}) => {
    const event_id = idAt('evt', time);
    await addEvent(hook.workspace_id, { id: event_id, created_at: time });
    const row = { id: idAt('dlv', time), event_id, created_at: time, updated_at: time, ...differences };
    return { event_id, id: await addDelivery(hook, row) };
  };
  return { ids, idAt, addEvent, addDelivery, addSent };
};

/** The repositories over a database, with functions that arrange its rows. */
export const createKit = ({ db, takeKey }: Pick<RepositoriesUnderTest, 'db' | 'takeKey'>) => {
  const cipher = createCipher(TEST_KEY_RING);
  const invalidations = new Invalidations();
  const caches = createCaches({ db, invalidations, max_age: null });
  const dialects = createDialects();
  const repositories = createRepositories(
    { db, reader: db },
    {
      caches,
      cipher,
      invalidations,
      wireIdOf: (dialect, event_id) => dialects.get(dialect)?.wire_id?.(event_id) ?? null,
    },
  );
  const rows = createRows({ db, ...(takeKey === undefined ? {} : { takeKey }) });
  const { ids } = rows;
  const arrange = createArrange({ db, cipher, ids, now: () => NOW, onChanged: () => {} });

  const newHook = (workspace_id: string, differences: Partial<NewHook> = {}): NewHook => ({
    id: ids('wh'),
    workspace_id,
    tenant: null,
    name: 'Orders',
    description: '',
    metadata: {},
    url: 'https://acme.example.com/hook',
    events: ['*'],
    filter: null,
    method: 'POST',
    content_type: 'application/json',
    ordered: false,
    order_key: null,
    dialect: 'standard',
    status: 'active',
    disabled_reason: null,
    insecure_ssl: false,
    client_certificate: null,
    max_attempts: null,
    retry_schedule: null,
    timeout_ms: null,
    rate_limit: null,
    validated_at: null,
    ...TIMES,
    headers: {},
    secret: null,
    ...differences,
  });
  const addHook = async (workspace_id: string, differences?: Partial<NewHook>): Promise<ListedHook> => {
    const hook = await repositories.hooks.create(newHook(workspace_id, differences));
    if (hook === null) throw new Error('the hook was not created');
    return hook;
  };

  return {
    ...repositories,
    ...rows,
    db,
    cipher,
    caches,
    arrange,
    newHook,
    addHook,
    /** Adds a hook in its own workspace. */
    hook: async (differences?: Partial<NewHook>) => addHook(await arrange.addWorkspace(), differences),
    addWorkspaces: () => Promise.all([arrange.addWorkspace(), arrange.addWorkspace()]),
    /** The invalidations that are published while `work` runs. */
    announced: async (work: () => Promise<unknown>): Promise<readonly Invalidation[]> => {
      const published: Invalidation[] = [];
      invalidations.subscribe((one) => published.push(one));
      await work();
      return [...published];
    },
    /** The number of rows of a table in a workspace. */
    rowsOf: async (
      table: 'bellwire_hooks' | 'bellwire_tenants' | 'bellwire_event_types',
      workspace_id: string,
    ) => {
      const rowsIn = db.selectFrom(table).where('workspace_id', '=', workspace_id);
      return (await rowsIn.select('workspace_id').execute()).length;
    },
  };
};

export type Kit = ReturnType<typeof createKit>;

/** Registers one guarantee; each has an empty database. */
export type Check = (guarantee: string, prove: (kit: Kit) => Promise<void>) => void;
