import { createHash } from 'node:crypto';
import { createSchemaCheck } from '../../packages/server/src/catalog/schema-check.ts';
import { validateSchema } from '../../packages/server/src/catalog/validate-schema.ts';
import { createIdFactory } from '../../packages/server/src/core/ids.ts';
import { createDialects } from '../../packages/server/src/dialects/registry.ts';
import { createDeliveryLoop } from '../../packages/server/src/delivery/delivery-loop.ts';
import { createHookLookup } from '../../packages/server/src/admin/hook-lookup.ts';
import { createHooks } from '../../packages/server/src/admin/hooks.ts';
import { createKeys } from '../../packages/server/src/admin/keys.ts';
import type { Log } from '../../packages/server/src/ports/log.ts';
import type { Repositories } from '../../packages/server/src/ports/repositories.ts';
import { createReplay } from '../../packages/server/src/admin/replay.ts';
import { createSecrets } from '../../packages/server/src/admin/secrets.ts';
import { createTestSends } from '../../packages/server/src/admin/test-sends.ts';
import { createApp } from '../../packages/server/src/http/app.ts';
import { createMetrics } from '../../packages/server/src/http/metrics.ts';
import { createAppRouter } from '../../packages/server/src/rpc/router.ts';
import { createCaches } from '../../packages/server/src/storage/caches.ts';
import { createCipher } from '../../packages/server/src/storage/cipher.ts';
import { migrateToLatest } from '../../packages/server/src/storage/migrations/migrate.ts';
import { createRepositories } from '../../packages/server/src/storage/repositories/repositories.ts';
import { openSqlite } from '../../packages/server/src/storage/sqlite/database.ts';
import { createHookCache } from '../../packages/server/src/storage/sqlite/hook-cache.ts';
import { createSqliteStore } from '../../packages/server/src/storage/sqlite/store.ts';
import type { Answer, AnswerBody } from './running-server.ts';
import { createScriptedTransport, type Script, type Sent } from './scripted-transport.ts';
import { createSeededRandom } from './seeded-random.ts';
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts';

/** The whole API on a real SQLite, whose time and receivers are the test's. There is no jitter. */
export interface VirtualServer extends AsyncDisposable {
  readonly clock: VirtualClock;
  /** `api('POST /v1/events', {...})`, as an admin; in another workspace when one is named. */
  readonly api: (call: `${string} /${string}`, body?: object, workspace?: string) => Promise<Answer>;
  /** A new workspace of a dialect; answers its id. */
  readonly addWorkspace: (dialect: string) => Promise<string>;
  /** A new hook for every event to a receiver that the script knows by its path; more fields, or others, as given. */
  readonly addHook: (path: string, fields?: object) => Promise<AnswerBody>;
  /** Accepts one event for everybody and answers its id. */
  readonly send: (type?: string, fields?: object) => Promise<string>;
  /** Every request, in order. */
  readonly sent: () => readonly Sent[];
  readonly sentTo: (path: string) => readonly Sent[];
  /** Lets time pass: whatever becomes due is sent at its very moment. */
  readonly live: (ms: number) => Promise<void>;
}

export interface VirtualServerOptions {
  readonly script?: Script;
  /** Stands between the verbs and their repositories. */
  readonly wrapRepositories?: (repositories: Repositories) => Repositories;
}

const KEY_RING = `test:${Buffer.alloc(32, 7).toString('base64')}`;
const ORIGIN = 'https://receiver.example.com';
const SWEEP_MS = 1_000;
const silent: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const hash = (text: string): string => createHash('sha256').update(text).digest('hex');

const openRecords = async (now: () => number, bytes: (size: number) => Uint8Array) => {
  const database = openSqlite(':memory:');
  await migrateToLatest(database.db);
  const ids = createIdFactory(now, bytes);
  const cipher = createCipher(KEY_RING);
  const caches = createCaches(database.db, createHookCache(database.db, database.raw, cipher));
  return {
    database,
    ids,
    store: createSqliteStore(database, caches, ids),
    repositories: createRepositories(database.db, caches, cipher),
  };
};

/** The parts as create-bellwire.ts puts them together, but for the clock, the dice and the network. */
const assemble = async (clock: VirtualClock, { script, wrapRepositories }: VirtualServerOptions) => {
  const random = { ...createSeededRandom(7), roll: () => 0 };
  const opened = await openRecords(clock.now, random.bytes);
  const { database, store, ids } = opened;
  const dialects = createDialects();
  const metrics = createMetrics({ gauges: () => loop.gauges(), openDeliveries: store.openDeliveries });
  let sent: readonly Sent[] = [];
  const loop = createDeliveryLoop({
    store,
    clock,
    random,
    log: silent,
    ids,
    hash,
    check: createSchemaCheck(),
    dialects,
    createTransport: (onResults) => {
      const transport = createScriptedTransport({
        clock,
        script: script ?? (() => ({ status: 200 })),
        onResults,
      });
      sent = transport.sent;
      return transport;
    },
    limits: { hook_concurrency: 8, concurrency: 256 },
    user_agent: 'Bellwire/test',
    retry_delays_ms: null,
    timeout_ms: null,
    retention_ms: null,
    observe: metrics.observe,
    onBroken: () => undefined,
  });

  let swept_at = Number.NEGATIVE_INFINITY;
  const nextDue = async (): Promise<number> => {
    const { due } = await database.db
      .selectFrom('bellwire_deliveries')
      .select(({ fn }) => fn.min('next_attempt_at').as('due'))
      .where('status', '=', 'pending')
      .executeTakeFirstOrThrow();
    return Math.max(due ?? Infinity, swept_at + SWEEP_MS, clock.now());
  };
  const live = async (ms: number): Promise<void> => {
    const end = clock.now() + ms;
    for (;;) {
      await clock.settle();
      const next = Math.min(await nextDue(), clock.nextTimer() ?? Infinity);
      if (next > end) break;
      await clock.advance(Math.max(0, next - clock.now()));
      swept_at = clock.now();
      await clock.until(loop.sweep());
    }
    await clock.advance(end - clock.now());
  };

  const repositories = wrapRepositories?.(opened.repositories) ?? opened.repositories;
  const lookup = createHookLookup({ repositories, store, clock, dialects });
  const testSends = createTestSends({ lookup, accept: loop.accept, clock, attemptOf: loop.attemptOf });
  const forHooks = {
    repositories,
    store,
    lookup,
    testSends,
    clock,
    ids,
    random,
    url_policy: { judge: () => ({ ok: true as const }) },
    log: silent,
  };
  const router = createAppRouter({
    accept: loop.accept,
    hooks: createHooks(forHooks),
    testSends,
    secrets: createSecrets(forHooks),
    replay: createReplay(forHooks),
    keys: createKeys({ repositories: repositories.api_keys, clock, random, ids, hash }),
    repositories,
    redeliver: loop.redeliver,
    now: clock.now,
    ids,
    validateSchema,
    isWireId: () => false,
    catalogOfDialect: (name) => dialects.get(name)?.catalog ?? null,
  });
  const app = createApp({
    router,
    createContext: (headers) =>
      Promise.resolve({
        caller: { key_id: 'key_test', scope: 'admin', workspace_id: null },
        named_workspace: headers.get('bellwire-workspace'),
      }),
    log: silent,
    metrics,
    isReady: () => true,
    inbox: null,
  });
  return { app, loop, live, sent, close: database.close };
};

export const startVirtualServer = async (options: VirtualServerOptions = {}): Promise<VirtualServer> => {
  const clock = createVirtualClock();
  const { app, loop, live, sent, close } = await assemble(clock, options);

  const api: VirtualServer['api'] = async (call, body, workspace) => {
    const [method = '', path = ''] = call.split(' ', 2);
    const headers = new Headers({ authorization: 'Bearer of the test' });
    if (body !== undefined) headers.set('content-type', 'application/json');
    if (workspace !== undefined) headers.set('bellwire-workspace', workspace);
    const request = new Request(`http://bellwire.test${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const response = await app.fetch(request);
    const text = await response.text();
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      text,
      body: (text === '' ? {} : JSON.parse(text)) as AnswerBody,
    };
  };

  const madeIn = async (
    workspace: string | undefined,
    call: `${string} /${string}`,
    body: object,
  ): Promise<AnswerBody> => {
    const answer = await api(call, body, workspace);
    if (answer.status >= 300) throw new Error(`${call} was refused: ${answer.text}`);
    return answer.body;
  };
  const addWorkspace = async (dialect: string): Promise<string> =>
    (await madeIn(undefined, 'POST /v1/workspaces', { name: dialect, dialect })).id;
  const own = await addWorkspace('standard');

  return {
    clock,
    api: (call, body, other) => api(call, body, other ?? own),
    addWorkspace,
    addHook: (path, fields = {}) =>
      madeIn(own, 'POST /v1/webhooks', { url: ORIGIN + path, events: ['*'], ...fields }),
    send: async (type = 'order.created', fields = {}) => {
      const { id } = await madeIn(own, 'POST /v1/events', { type, data: { order: { id: 1 } }, ...fields });
      await clock.settle();
      return id;
    },
    sent: () => sent,
    sentTo: (path) => sent.filter(({ request }) => request.url === ORIGIN + path),
    live,
    [Symbol.asyncDispose]: async () => {
      await clock.until(loop.stop());
      await close();
    },
  };
};
