import { hash as digest } from 'node:crypto';
import { createSchemaCheck } from './catalog/schema-check.ts';
import { validateSchema } from './catalog/validate-schema.ts';
import { systemClock } from './clock.ts';
import type { Config } from './config.ts';
import { BellwireError } from './core/errors.ts';
import { createIdFactory } from './core/ids.ts';
import type { Dialect } from './dialects/dialect.ts';
import { createDialects } from './dialects/registry.ts';
import { createDeliveryLoop } from './delivery/delivery-loop.ts';
import { initialCatalog } from './admin/initial-catalog.ts';
import { createHookLookup } from './admin/hook-lookup.ts';
import { createHooks, type Hooks } from './admin/hooks.ts';
import { createKeys, type Keys } from './admin/keys.ts';
import type { Log } from './ports/log.ts';
import { createReplay } from './admin/replay.ts';
import { createSecrets } from './admin/secrets.ts';
import { createTestSends, type TestSends } from './admin/test-sends.ts';
import { createApp } from './http/app.ts';
import { createInbox } from './http/inbox.ts';
import { createMetrics } from './http/metrics.ts';
import { createInboxVerifier } from './verify-inbox.ts';
import { createLog } from './log.ts';
import { openNetwork } from './network.ts';
import { createSystemRandom } from './random.ts';
import { createAppRouter } from './rpc/router.ts';
import { DEFAULT_WORKSPACE, type RpcContext } from './rpc/trpc.ts';
import { everySecond, type Schedule, sendCronLogTo } from './schedule/cron.ts';
import { openStorage, type Storage } from './storage/open-storage.ts';
import { createHttpTransport } from './transport/http-transport.ts';
import { ThreadedTransport } from './transport/threaded-transport.ts';
import { VERSION } from './version.ts';

export interface BellwireParts {
  /** Dialects of your own, beside the built-in ones. */
  readonly dialects?: readonly Dialect[];
  readonly log?: Log;
  /** The database cannot be trusted any more: end the process and start anew. */
  readonly onBroken?: (error: BellwireError) => void;
}

/** A Bellwire in this process. */
export interface Bellwire {
  /** The whole HTTP surface. */
  readonly fetch: (request: Request) => Response | Promise<Response>;
  readonly hooks: Hooks;
  readonly testSends: TestSends;
  readonly keys: Keys;
  readonly default_workspace: string;
  /** True when no API key had ever been made. */
  readonly is_first_start: boolean;
  readonly database_path: string;
  /** The file with a key ring that was made just now; null otherwise. */
  readonly made_key_file: string | null;
  /** Begins to send: takes over what a dead process held, then sweeps each second. */
  readonly start: () => Promise<void>;
  /** Ends sending and closes the database. Loses and doubles nothing. Once more is the same stop. */
  readonly stop: () => Promise<void>;
}

const sha256 = (text: string): string => digest('sha256', text, 'hex');

/** This file is TypeScript where it was written and JavaScript where it is published; so is the thread's. */
const senderThreadUrl = (): URL =>
  new URL(import.meta.url.endsWith('.ts') ? './sender-thread.ts' : './sender-thread.js', import.meta.url);

const ensureDefaultWorkspace = async (storage: Storage, dialect: Dialect): Promise<void> => {
  const now = systemClock.now();
  await storage.repositories.workspaces.create(
    {
      id: DEFAULT_WORKSPACE,
      name: 'default',
      dialect: dialect.name,
      strict: false,
      created_at: now,
      updated_at: now,
    },
    initialCatalog(dialect.catalog, now),
  );
};

/**
 * Puts the parts together. The database is open and the first API key is known when this resolves; nothing is sent
 * before `start`.
 * @throws BellwireError `config_invalid`, and whatever opening the database can throw.
 */
export const createBellwire = async (config: Config, parts: BellwireParts = {}): Promise<Bellwire> => {
  const log = parts.log ?? createLog(config.log_level);
  sendCronLogTo(log);
  const clock = systemClock;
  const random = createSystemRandom();
  const ids = createIdFactory(clock.now, random.bytes);
  const dialects = createDialects(parts.dialects);
  const dialect = dialects.get(config.dialect);
  if (dialect === undefined) {
    throw new BellwireError(
      'config_invalid',
      `BELLWIRE_DIALECT is wrong: there is no dialect "${config.dialect}". Known are: ${[...dialects.keys()].join(', ')}.`,
    );
  }
  const network_settings = {
    allow_networks: config.allow_networks ?? [],
    allow_metadata: config.allow_metadata,
    static_hosts: config.static_hosts ?? null,
  };
  const network = openNetwork(network_settings);
  const onBroken = (error: BellwireError): void => {
    log.error('this process cannot go on; end it and start anew', {
      code: error.code,
      reason: error.message,
    });
    parts.onBroken?.(error);
  };
  const storage = await openStorage({
    database_url: config.database_url,
    encryption_keys: config.encryption_keys ?? null,
    ids,
  });
  const { store, repositories } = storage;
  const metrics = createMetrics({ gauges: () => loop.gauges(), openDeliveries: store.openDeliveries });
  const loop = createDeliveryLoop({
    store,
    clock,
    random,
    log,
    ids,
    dialects,
    hash: sha256,
    check: createSchemaCheck(),
    createTransport: (onResults) =>
      config.sender_thread
        ? new ThreadedTransport({
            thread_url: senderThreadUrl(),
            settings: network_settings,
            clock,
            onResults,
            onBroken: (cause) =>
              onBroken(
                new BellwireError('internal', `The sender thread could not start: ${cause.message}.`, {
                  cause,
                }),
              ),
          })
        : createHttpTransport({ ...network, clock, onResults }),
    limits: { concurrency: config.concurrency, hook_concurrency: config.hook_concurrency },
    user_agent: `Bellwire/${VERSION}`,
    retry_delays_ms: config.retry_schedule ?? null,
    timeout_ms: config.attempt_timeout ?? null,
    retention_ms: config.retention,
    observe: metrics.observe,
    onBroken,
  });
  const keys = createKeys({ repositories: repositories.api_keys, clock, random, ids, hash: sha256 });
  const lookup = createHookLookup({ repositories, store, clock, dialects });
  const { accept, attemptOf } = loop;
  const testSends = createTestSends({ lookup, accept, clock, attemptOf });
  const forHooks = {
    repositories,
    store,
    lookup,
    testSends,
    clock,
    ids,
    random,
    url_policy: network.url_policy,
    log,
  };
  const hooks = createHooks(forHooks);
  const router = createAppRouter({
    accept,
    hooks,
    testSends,
    secrets: createSecrets(forHooks),
    replay: createReplay(forHooks),
    keys,
    repositories,
    redeliver: loop.redeliver,
    now: clock.now,
    ids,
    validateSchema,
    isWireId: (wire_id, event_id) =>
      [...dialects.values()].some((one) => one.wire_id?.(event_id) === wire_id),
    catalogOfDialect: (name) => dialects.get(name)?.catalog ?? null,
  });
  const callerOf = async (headers: Headers): Promise<RpcContext['caller']> => {
    try {
      const caller = await keys.authenticate(headers.get('authorization') ?? undefined);
      const named = headers.get('bellwire-workspace');
      if (named !== null && caller.workspace_id === null) await lookup.catalog(named);
      return caller;
    } catch (error) {
      if (error instanceof BellwireError) return error;
      throw error;
    }
  };
  const createContext = async (headers: Headers): Promise<RpcContext> => ({
    caller: await callerOf(headers),
    named_workspace: headers.get('bellwire-workspace'),
  });
  let is_ready = false;
  let sweeps: Schedule | null = null;
  const app = createApp({
    router,
    createContext,
    log,
    metrics,
    isReady: () => is_ready,
    inbox: config.inbox
      ? createInbox(createInboxVerifier(storage.hooksAt, dialects, clock.now), clock)
      : null,
  });

  await ensureDefaultWorkspace(storage, dialect);
  const is_first_start = !(await repositories.api_keys.any());
  if (config.api_key !== undefined) await keys.adopt(config.api_key, 'from the configuration');

  let stopped: Promise<void> | null = null;
  const stop = async (): Promise<void> => {
    is_ready = false;
    await sweeps?.stop();
    try {
      await loop.stop();
    } finally {
      network.resolver.close();
      await storage.close();
    }
  };

  return {
    fetch: app.fetch,
    hooks,
    testSends,
    keys,
    default_workspace: DEFAULT_WORKSPACE,
    is_first_start,
    database_path: storage.path,
    made_key_file: storage.made_key_file,
    start: async () => {
      await loop.start();
      sweeps = everySecond('bellwire sweep', loop.sweep, log);
      is_ready = true;
    },
    stop: () => (stopped ??= stop()),
  };
};
