import { type Audit, createAudit } from './admin/audit.ts';
import { AwaitedSends } from './admin/awaited-sends.ts';
import { scheduleBeyondRetention } from './admin/check-retention.ts';
import { createHookLookup } from './admin/hook-lookup.ts';
import { createHookWarnings } from './admin/hook-warnings.ts';
import { createHooks } from './admin/hooks.ts';
import { initialCatalog } from './admin/initial-catalog.ts';
import { createKeys, type Keys } from './admin/keys.ts';
import { createErasureJobs } from './admin/erasures.ts';
import { createRecoveryJobs } from './admin/recoveries.ts';
import { createSampleOf } from './admin/samples.ts';
import { createSecrets } from './admin/secrets.ts';
import { Sessions } from './admin/sessions.ts';
import { createReadSystem } from './admin/system.ts';
import { createTestSends } from './admin/test-sends.ts';
import { BellwireError, type Issue } from './core/errors.ts';
import type { SendableHook } from './core/hook.ts';
import type { IdFactory } from './core/ids.ts';
import type { JsonObject } from './core/json.ts';
import { createAuditJob } from './delivery/audit-job.ts';
import { DeliveryLoop, type DeliveryLoopOptions } from './delivery/delivery-loop.ts';
import { createErasureJob } from './delivery/erasure-job.ts';
import { JobRunner } from './delivery/job-runner.ts';
import { createRecoveryJob } from './delivery/recovery-job.ts';
import type { Observation } from './delivery/report.ts';
import type { Dialect } from './dialects/dialect.ts';
import type { Dialects } from './dialects/registry.ts';
import { type AppOptions, createApp } from './http/app.ts';
import { ConsoleFiles } from './http/console-files.ts';
import { createInbox } from './http/inbox.ts';
import { createMetrics } from './http/metrics.ts';
import { sessionOf } from './http/session-cookie.ts';
import type { Clock } from './ports/clock.ts';
import type { Hash } from './ports/hash.ts';
import type { Log } from './ports/log.ts';
import type { Random } from './ports/random.ts';
import type { Repositories } from './ports/repositories.ts';
import type { SampleData } from './ports/sample-data.ts';
import type { Schedule, ScheduledJob } from './ports/schedule.ts';
import type { SchemaCheck } from './ports/schema-check.ts';
import type { Store } from './ports/store.ts';
import type { SystemFacts } from './ports/system.ts';
import type { SendResult, Transport } from './ports/transport.ts';
import type { UrlPolicy } from './ports/url-policy.ts';
import { type Contexts, createContexts } from './rpc/context.ts';
import { createErrorLog } from './rpc/error-log.ts';
import { createLibrary } from './rpc/library.ts';
import { type AppRouter, createAppRouter } from './rpc/router.ts';
import { DEFAULT_WORKSPACE } from './rpc/trpc.ts';
import type { Verbs } from './rpc/verbs.ts';
import { createInboxVerifier } from './verify-inbox.ts';

/** The program's dependencies on the outside world. */
export interface Ports {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly storage: {
    readonly store: Store;
    readonly repositories: Repositories;
    /** Hooks of any workspace whose URL has this path. */
    readonly hooksAt: (path: string) => Promise<readonly SendableHook[]>;
  };
  readonly createTransport: (onResults: (results: readonly SendResult[]) => void) => Transport;
  readonly url_policy: UrlPolicy;
  readonly check: SchemaCheck;
  readonly sample_data: SampleData;
  /** The issues of a JSON Schema for an event type. */
  readonly validateSchema: (schema: JsonObject) => readonly Issue[];
  readonly hash: Hash;
  readonly ids: IdFactory;
  readonly dialects: Dialects;
  readonly schedule: Schedule;
  /** Called with every observation, in addition to the metrics. */
  readonly observe?: (observation: Observation) => void;
  /** Called when the database can no longer be trusted: the process must be restarted. */
  readonly onBroken: (error: BellwireError) => void;
}

/** The program's configuration, as plain data. */
export interface Settings extends Pick<
  DeliveryLoopOptions,
  'limits' | 'user_agent' | 'retry_delays_ms' | 'timeout_ms' | 'retention_ms' | 'payload_retention_ms'
> {
  /** The dialect of the default workspace. */
  readonly default_dialect: Dialect;
  /** Whether to serve the built-in receiver. */
  readonly inbox: boolean;
  /** The address of the server in browsers; null for the one of each request. */
  readonly public_url: string | null;
  /** The folder of the built console. */
  readonly console_folder: string;
  /** What operators see of this process. */
  readonly system: SystemFacts;
  /** An admin API key to store at the start. */
  readonly api_key: string | null;
}

/** A running Bellwire, independent of its ports. */
export interface Program {
  /** The HTTP API, pages and inbox. */
  readonly fetch: (request: Request) => Response | Promise<Response>;
  /** Every API call, as an admin of a workspace; null is the default one. */
  readonly verbsIn: (workspace_id: string | null) => Verbs;
  readonly loop: DeliveryLoop;
  /** Creates the token of a link that signs one browser in to the console. */
  readonly createSignInLink: () => Promise<string>;
  /** Whether there was no API key yet. */
  readonly is_first_start: boolean;
  /** Starts the sweep, once a second, which sends due retries and the deliveries of an earlier process. */
  readonly start: () => void;
  /** One pass of the sweep. */
  readonly sweep: () => Promise<void>;
  /** Shuts down gracefully: no delivery is lost or sent twice. Further calls return the same promise. */
  readonly stop: () => Promise<void>;
}

interface LifecycleParts {
  readonly loop: DeliveryLoop;
  readonly jobs: JobRunner;
  readonly ports: Ports;
}

/** Starts and stops the program, and knows whether it is ready. */
class Lifecycle {
  readonly #parts: LifecycleParts;
  #sweeps: ScheduledJob | null = null;
  #stopped: Promise<void> | null = null;

  constructor(parts: LifecycleParts) {
    this.#parts = parts;
  }

  get is_ready(): boolean {
    return this.#sweeps !== null && this.#stopped === null;
  }

  start(): void {
    if (this.#stopped !== null) return;
    const { schedule, log } = this.#parts.ports;
    this.#sweeps ??= schedule.everySecond('bellwire sweep', () => this.sweep(), log);
  }

  async sweep(): Promise<void> {
    const { loop, jobs } = this.#parts;
    // Not awaited: a large job must not delay due retries.
    void jobs.run();
    await loop.sweep();
  }

  /** @throws BellwireError `shutting_down` */
  assertRunning(): void {
    if (this.#stopped === null) return;
    throw new BellwireError('shutting_down', 'This Bellwire instance has been stopped. Create a new one.');
  }

  stop(): Promise<void> {
    return (this.#stopped ??= this.#stop());
  }

  async #stop(): Promise<void> {
    const { loop, jobs } = this.#parts;
    await this.#sweeps?.stop();
    await jobs.stop();
    await loop.stop();
  }
}

const ensureDefaultWorkspace = async (ports: Ports, dialect: Dialect): Promise<void> => {
  const now = ports.clock.now();
  await ports.storage.repositories.workspaces.create(
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

const warnOfShortRetention = async (ports: Ports, settings: Settings): Promise<void> => {
  const { retention_ms, default_dialect } = settings;
  const hooks = await ports.storage.repositories.hooks.schedules();
  const used = [{ dialect: default_dialect.name, max_attempts: null }, ...hooks];
  const schedule_ms = scheduleBeyondRetention({ ...settings, dialects: ports.dialects, used });
  if (schedule_ms === null) return;
  ports.log.warn(
    'BELLWIRE_RETENTION is shorter than the longest retry schedule: deliveries are canceled as expired before their last attempt. Increase BELLWIRE_RETENTION, or shorten the schedule with BELLWIRE_RETRY_SCHEDULE or max_attempts',
    { retention_ms, schedule_ms },
  );
};

const createJobs = (ports: Ports, settings: Settings): JobRunner => {
  const { store, repositories } = ports.storage;
  const parts = { ...ports, ...settings, ...repositories, store };
  return new JobRunner({
    ...ports,
    jobs: [createRecoveryJob(parts), createErasureJob(parts), createAuditJob(parts)],
  });
};

interface ManagementParts {
  readonly keys: Keys;
  readonly sessions: Sessions;
  readonly audit: Audit;
  readonly loop: DeliveryLoop;
  readonly jobs: JobRunner;
}

const createManagement = (
  ports: Ports,
  settings: Settings,
  { keys, sessions, audit, loop, jobs }: ManagementParts,
): { readonly router: AppRouter; readonly contexts: Contexts } => {
  const { clock, dialects, ids, storage } = ports;
  const lookup = createHookLookup({ ...storage, audit, clock, log: ports.log, dialects });
  const { accept } = loop;
  const sampleOf = createSampleOf(ports);
  const testSends = createTestSends({ lookup, accept, clock, check: ports.check, sampleOf });
  const recoveryJobs = createRecoveryJobs({
    ...ports,
    ...storage,
    audit,
    lookup,
    retention_ms: settings.retention_ms,
    onCreated: () => void jobs.run(),
  });
  const forHooks = { ...ports, ...storage, audit, lookup, testSends, recoveryJobs };
  const router = createAppRouter({
    accept,
    hooks: createHooks(forHooks),
    hookWarnings: createHookWarnings(forHooks),
    testSends,
    secrets: createSecrets(forHooks),
    recoveryJobs,
    erasureJobs: createErasureJobs({
      ...forHooks,
      default_workspace: DEFAULT_WORKSPACE,
      onCreated: () => void jobs.run(),
    }),
    keys,
    repositories: storage.repositories,
    audit,
    awaitedSends: new AwaitedSends({
      repositories: storage.repositories,
      dialects,
      clock,
      timeout_ms: settings.timeout_ms,
    }),
    redeliver: (workspace_id, delivery_id) => loop.redeliver(workspace_id, delivery_id),
    now: clock.now,
    readSystem: createReadSystem({ ...settings, clock, store: storage.store }),
    ids,
    hash: ports.hash,
    validateSchema: ports.validateSchema,
    checkSchema: ports.check,
    sampleOf,
    catalogOfDialect: (name) => dialects.get(name)?.catalog ?? null,
  });
  return { router, contexts: createContexts({ keys, sessions, lookup }) };
};

interface HttpParts extends Pick<AppOptions, 'router' | 'sessions' | 'metrics' | 'log' | 'isReady'> {
  readonly contexts: Contexts;
}

const createHttp = (ports: Ports, settings: Settings, { contexts, ...parts }: HttpParts) => {
  const { clock, dialects, storage } = ports;
  const { public_url, console_folder, inbox } = settings;
  return createApp({
    ...parts,
    createContext: (request) => contexts.ofRequest(request.headers, () => sessionOf(request, public_url)),
    public_url,
    console_files: new ConsoleFiles(console_folder),
    monotonic: clock.monotonic,
    inbox: inbox ? createInbox(createInboxVerifier(storage.hooksAt, dialects, clock.now), clock) : null,
  });
};

const adoptKey = (keys: Keys, api_key: string): Promise<void> => {
  const actor = { workspace_id: DEFAULT_WORKSPACE, by: 'configuration' };
  return keys.adopt(api_key, 'from the configuration', actor);
};

/**
 * Wires the program, for production and for tests. When it resolves, the default workspace and the configured API key
 * exist, and the deliveries that a dead process had leased are due again.
 * @throws errors of the ports; then nothing is left running.
 */
export const assemble = async (ports: Ports, settings: Settings): Promise<Program> => {
  const { clock, log, storage } = ports;
  const { store, repositories } = storage;
  await ensureDefaultWorkspace(ports, settings.default_dialect);
  await warnOfShortRetention(ports, settings);
  const audit = createAudit({ ...ports, repositories });
  const keys = createKeys({ ...ports, audit, repositories: repositories.api_keys });
  const sessions = new Sessions({ ...ports, keys, repositories: repositories.sessions });
  const is_first_start = !(await repositories.api_keys.any());
  if (settings.api_key !== null) await adoptKey(keys, settings.api_key);

  const metrics = createMetrics({ store, repositories, clock, gauges: () => loop.gauges() });
  const loop = new DeliveryLoop({
    ...ports,
    ...settings,
    store,
    observe: (observation) => {
      metrics.observe(observation);
      ports.observe?.(observation);
    },
  });
  const jobs = createJobs(ports, settings);
  const lifecycle = new Lifecycle({ loop, jobs, ports });
  // Before the first event: the leases that it releases must be those of another process.
  try {
    await loop.start();
  } catch (error) {
    await Promise.allSettled([lifecycle.stop()]);
    throw error;
  }
  const error_log = createErrorLog(log, clock);
  const { router, contexts } = createManagement(ports, settings, { keys, sessions, audit, loop, jobs });
  const app = createHttp(ports, settings, {
    router,
    contexts,
    sessions,
    metrics,
    log: error_log,
    isReady: () => lifecycle.is_ready,
  });
  return {
    fetch: app.fetch,
    verbsIn: (workspace_id) =>
      createLibrary({
        router,
        log: error_log,
        createContext: async () => {
          lifecycle.assertRunning();
          return contexts.inProcess(workspace_id);
        },
      }),
    loop,
    createSignInLink: () => sessions.createLink(),
    is_first_start,
    start: () => lifecycle.start(),
    sweep: () => lifecycle.sweep(),
    stop: () => lifecycle.stop(),
  };
};
