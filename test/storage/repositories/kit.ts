import type { Insertable, Kysely } from 'kysely';
import { createIdFactory, firstIdAt, type IdFactory } from '../../../packages/server/src/core/ids.ts';
import { createDialects } from '../../../packages/server/src/dialects/registry.ts';
import type {
  ListedHook,
  NewHook,
  Page,
  PageQuery,
  Repositories,
} from '../../../packages/server/src/ports/repositories.ts';
import { type Caches, createCaches } from '../../../packages/server/src/storage/caches.ts';
import { type Cipher, createCipher } from '../../../packages/server/src/storage/cipher.ts';
import { type Invalidation, Invalidations } from '../../../packages/server/src/storage/invalidations.ts';
import { createRepositories } from '../../../packages/server/src/storage/repositories/repositories.ts';
import { newDeliveryRow } from '../../../packages/server/src/storage/rows/delivery-row.ts';
import type { Schema } from '../../../packages/server/src/storage/schema.ts';
import { type Arrange, createArrange, type DeliveryRow, type EventRow } from '../../support/arrange.ts';
import { createSeededRandom } from '../../support/seeded-random.ts';
import { VIRTUAL_START } from '../../support/virtual-clock.ts';

/** An empty database with our tables. */
export interface RepositoriesUnderTest extends AsyncDisposable {
  readonly db: Kysely<Schema>;
}

export const NOW = VIRTUAL_START;

type HookRef = Pick<ListedHook, 'workspace_id' | 'id'>;

export interface Kit extends Repositories {
  readonly db: Kysely<Schema>;
  readonly cipher: Cipher;
  readonly caches: Caches;
  readonly ids: IdFactory;
  readonly arrange: Arrange;
  /** An id as old as `time`; later ones of the same time sort behind it. */
  readonly idAt: (prefix: 'evt' | 'dlv', time: number) => string;
  readonly newHook: (workspace_id: string, differences?: Partial<NewHook>) => NewHook;
  readonly addHook: (workspace_id: string, differences?: Partial<NewHook>) => Promise<ListedHook>;
  /** A hook in a workspace of its own. */
  readonly hook: (differences?: Partial<NewHook>) => Promise<ListedHook>;
  /** An event row, for everybody, without tenant. */
  readonly addEvent: (
    workspace_id: string,
    differences?: Partial<Insertable<Schema['bellwire_events']>>,
  ) => Promise<EventRow>;
  /** A delivery row, pending and due. */
  readonly addDelivery: (hook: HookRef, differences?: Partial<DeliveryRow>) => Promise<string>;
  /** An event of that time with a delivery of the same time. */
  readonly addSent: (
    hook: HookRef,
    time: number,
    differences?: Partial<DeliveryRow>,
  ) => Promise<{ readonly event_id: string; readonly id: string }>;
  /** What was announced while `work` ran. */
  readonly announced: (work: () => Promise<unknown>) => Promise<readonly Invalidation[]>;
  /** How many rows of a table a workspace has. */
  readonly rowsOf: (
    table: 'bellwire_hooks' | 'bellwire_tenants' | 'bellwire_event_types',
    workspace_id: string,
  ) => Promise<number>;
}

/** Registers one guarantee; every one has an empty database. */
export type Check = (guarantee: string, prove: (kit: Kit) => Promise<void>) => void;

/** Every page of a list. */
export const walk = async <T>(
  list: (page: PageQuery) => Promise<Page<T>>,
  limit: number,
): Promise<readonly (readonly T[])[]> => {
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

const KEY_RING = `test:${Buffer.alloc(32, 7).toString('base64')}`;

const connect = (db: Kysely<Schema>) => {
  const cipher = createCipher(KEY_RING);
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
  const announced: Kit['announced'] = async (work) => {
    const published: Invalidation[] = [];
    invalidations.subscribe((one) => published.push(one));
    await work();
    return [...published];
  };
  return { cipher, caches, repositories, announced };
};

const createRows = ({ db, ids, idAt }: Pick<Kit, 'db' | 'ids' | 'idAt'>) => {
  const addEvent: Kit['addEvent'] = (workspace_id, differences = {}) =>
    db
      .insertInto('bellwire_events')
      .values({
        workspace_id,
        id: ids('evt'),
        tenant: null,
        type: 'order.created',
        idempotency_key: null,
        fingerprint: null,
        deliveries: 1,
        addressed: 0,
        occurred_at: NOW,
        created_at: NOW,
        previous_data: null,
        data: '{}',
        ...differences,
      })
      .returningAll()
      .executeTakeFirstOrThrow();

  const addDelivery: Kit['addDelivery'] = async ({ workspace_id, id: hook_id }, differences = {}) => {
    const row = newDeliveryRow(
      {
        workspace_id,
        id: ids('dlv'),
        tenant: null,
        event_id: 'evt_1',
        event_type: 'order.created',
        hook_id,
        trigger: 'scheduled',
        status: 'pending',
      },
      { now: NOW, next_attempt_at: NOW },
    );
    await db
      .insertInto('bellwire_deliveries')
      .values({ ...row, ...differences })
      .execute();
    return differences.id ?? row.id;
  };

  const addSent: Kit['addSent'] = async (hook, time, differences = {}) => {
    const event = await addEvent(hook.workspace_id, { id: idAt('evt', time), created_at: time });
    const id = await addDelivery(hook, {
      id: idAt('dlv', time),
      event_id: event.id,
      created_at: time,
      updated_at: time,
      ...differences,
    });
    return { event_id: event.id, id };
  };
  return { addEvent, addDelivery, addSent };
};

/** The repositories over a database, and hands to arrange rows around them. */
export const createKit = (db: Kysely<Schema>): Kit => {
  const { cipher, caches, repositories, announced } = connect(db);
  const ids = createIdFactory(() => NOW, createSeededRandom(1).bytes);
  const arrange = createArrange({ db, cipher, ids, now: () => NOW, onChanged: () => {} });
  let made = 0;
  const idAt: Kit['idAt'] = (prefix, time) => {
    made += 1;
    return `${firstIdAt(prefix, time).slice(0, -6)}${String(made).padStart(6, '0')}`;
  };

  const newHook: Kit['newHook'] = (workspace_id, differences = {}) => ({
    id: ids('wh'),
    workspace_id,
    tenant: null,
    name: 'Orders',
    url: 'https://acme.example.com/hook',
    events: ['*'],
    method: 'POST',
    content_type: 'application/json',
    dialect: 'standard',
    status: 'active',
    disabled_reason: null,
    insecure_ssl: false,
    max_attempts: null,
    timeout_ms: null,
    validated_at: null,
    created_at: NOW,
    updated_at: NOW,
    headers: {},
    secret: null,
    ...differences,
  });
  const addHook: Kit['addHook'] = (workspace_id, differences) =>
    repositories.hooks.create(newHook(workspace_id, differences));

  return {
    ...repositories,
    db,
    cipher,
    caches,
    ids,
    arrange,
    idAt,
    newHook,
    addHook,
    hook: async (differences) => addHook(await arrange.addWorkspace(), differences),
    ...createRows({ db, ids, idAt }),
    announced,
    rowsOf: async (table, workspace_id) => {
      const { count } = await db
        .selectFrom(table)
        .where('workspace_id', '=', workspace_id)
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow();
      return count;
    },
  };
};
