import { hash as digest } from 'node:crypto';
import { createSchemaCheck } from './catalog/schema-check.ts';
import { judgeSchema } from './catalog/judge-schema.ts';
import { systemClock } from './clock.ts';
import type { Config } from './config.ts';
import { BellwireError } from './core/errors.ts';
import { createIdFactory } from './core/ids.ts';
import type { Dialect } from './dialects/dialect.ts';
import { createDialects } from './dialects/registry.ts';
import { createEngine } from './engine/engine.ts';
import { createHookLookup } from './engine/hook-lookup.ts';
import { createHooks, type Hooks } from './engine/hooks.ts';
import { createKeys, type Keys } from './engine/keys.ts';
import type { Log } from './engine/ports.ts';
import { createReplay } from './engine/replay.ts';
import { createSecrets } from './engine/secrets.ts';
import { createTrials, type Trials } from './engine/trials.ts';
import { createApp } from './http/app.ts';
import { createInbox } from './http/inbox.ts';
import { createMetrics } from './http/metrics.ts';
import { createInboxJudge } from './judge-inbox.ts';
import { createLog } from './log.ts';
import { createSystemRandom } from './random.ts';
import { createAppRouter } from './rpc/router.ts';
import { DEFAULT_WORKSPACE, type RpcContext } from './rpc/trpc.ts';
import { everySecond, type Schedule, sendCronLogTo } from './schedule/cron.ts';
import { openStorage, type Storage } from './storage/open-storage.ts';
import { createAddressPolicy } from './transport/address-policy.ts';
import { createHttpTransport } from './transport/http-transport.ts';
import { createResolver } from './transport/resolver.ts';
import { createStaticHosts } from './transport/static-hosts.ts';
import { createUrlPolicy } from './transport/url-policy.ts';
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
  readonly trials: Trials;
  readonly keys: Keys;
  readonly default_workspace: string;
  /** True when no API key had ever been made. */
  readonly is_first_start: boolean;
  readonly database_path: string;
  /** The file with a key ring that was made just now; null otherwise. */
  readonly made_key_file: string | null;
  /** Begins to send: takes over what a dead process held, then sweeps each second. */
  readonly start: () => Promise<void>;
  /** Ends sending and closes the database. Loses and doubles nothing. */
  readonly stop: () => Promise<void>;
}

const sha256 = (text: string): string => digest('sha256', text, 'hex');

const parseStaticHosts = (text: string | undefined): Record<string, string[]> => {
  const hosts: Record<string, string[]> = {};
  for (const entry of text?.split(',') ?? []) {
    const [name = '', address = ''] = entry.trim().split('=');
    (hosts[name] ??= []).push(address);
  }
  return hosts;
};

const configured = <T>(name: string, make: () => T): T => {
  try {
    return make();
  } catch (error) {
    throw new BellwireError(
      'config_invalid',
      `${name} is wrong: ${error instanceof Error ? error.message : String(error)}`,
      {
        cause: error,
      },
    );
  }
};

const openNetwork = (config: Config) => {
  const address_policy = configured('BELLWIRE_ALLOW_NETWORKS', () =>
    createAddressPolicy({
      allow_networks: config.allow_networks ?? [],
      allow_metadata: config.allow_metadata,
    }),
  );
  const static_hosts = configured('BELLWIRE_STATIC_HOSTS', () =>
    createStaticHosts(parseStaticHosts(config.static_hosts)),
  );
  const resolver = createResolver({ clock: systemClock, static_hosts });
  return { address_policy, resolver, url_policy: createUrlPolicy(address_policy, static_hosts) };
};

const ensureDefaultWorkspace = async (storage: Storage, dialect: Dialect): Promise<void> => {
  const now = systemClock.now();
  const times = { created_at: now, updated_at: now };
  await storage.records.workspaces.create(
    { id: DEFAULT_WORKSPACE, name: 'default', dialect: dialect.name, strict: false, ...times },
    dialect.catalog.map(({ name, description, schema, example }) => ({
      name,
      description,
      schema: schema ?? null,
      example: example ?? null,
      ...times,
    })),
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
  const network = openNetwork(config);
  const storage = await openStorage({
    database_url: config.database_url,
    encryption_keys: config.encryption_keys ?? null,
    ids,
  });
  const { store, records } = storage;
  const metrics = createMetrics({ gauges: () => engine.gauges(), openDeliveries: store.openDeliveries });
  const engine = createEngine({
    store,
    clock,
    random,
    log,
    ids,
    dialects,
    hash: sha256,
    check: createSchemaCheck(),
    createTransport: (onResults) => createHttpTransport({ ...network, clock, onResults }),
    limits: { concurrency: config.concurrency, hook_concurrency: config.hook_concurrency },
    user_agent: `Bellwire/${VERSION}`,
    retry_delays_ms: config.retry_schedule ?? null,
    timeout_ms: config.attempt_timeout ?? null,
    retention_ms: config.retention,
    observe: metrics.observe,
    onBroken: parts.onBroken ?? (() => undefined),
  });
  const keys = createKeys({ records: records.api_keys, clock, random, ids, hash: sha256 });
  const lookup = createHookLookup({ records, store, clock, dialects });
  const { accept, attemptOf } = engine;
  const trials = createTrials({ lookup, accept, clock, attemptOf });
  const forHooks = { records, store, lookup, trials, clock, ids, random, url_policy: network.url_policy };
  const hooks = createHooks(forHooks);
  const router = createAppRouter({
    accept,
    hooks,
    trials,
    secrets: createSecrets(forHooks),
    replay: createReplay(forHooks),
    keys,
    records,
    redeliver: engine.redeliver,
    now: clock.now,
    ids,
    judgeSchema,
    isWireId: (wire_id, event_id) =>
      [...dialects.values()].some((one) => one.wire_id?.(event_id) === wire_id),
    catalogOfDialect: (name) => dialects.get(name)?.catalog ?? null,
  });
  const createContext = async (headers: Headers): Promise<RpcContext> => ({
    caller: await keys.authenticate(headers.get('authorization') ?? undefined).catch((error: unknown) => {
      if (error instanceof BellwireError) return error;
      throw error;
    }),
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
    inbox: config.inbox ? createInbox(createInboxJudge(storage.hooksAt, dialects, clock.now), clock) : null,
  });

  await ensureDefaultWorkspace(storage, dialect);
  const is_first_start = !(await records.api_keys.any());
  if (config.api_key !== undefined) await keys.adopt(config.api_key, 'from the configuration');

  return {
    fetch: app.fetch,
    hooks,
    trials,
    keys,
    default_workspace: DEFAULT_WORKSPACE,
    is_first_start,
    database_path: storage.path,
    made_key_file: storage.made_key_file,
    start: async () => {
      await engine.start();
      sweeps = everySecond('bellwire sweep', engine.sweep, log);
      is_ready = true;
    },
    stop: async () => {
      is_ready = false;
      await sweeps?.stop();
      await engine.stop();
      network.resolver.close();
      await storage.close();
    },
  };
};
