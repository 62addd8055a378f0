import { type Audit, type AuditOptions, createAudit } from './admin/audit.ts';
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
import { createTestSends } from './admin/test-sends.ts';
import type { BellwireError, Issue } from './core/errors.ts';
import type { SendableHook } from './core/hook.ts';
import type { IdFactory } from './core/ids.ts';
import type { JsonObject } from './core/json.ts';
import { noteChange } from './admin/note-changes.ts';
import { ChangeFeed } from './delivery/change-feed.ts';
import { createAuditJob } from './delivery/audit-job.ts';
import { DeliveryLoop, type DeliveryLoopOptions } from './delivery/delivery-loop.ts';
import { createErasureJob } from './delivery/erasure-job.ts';
import { JobRunner } from './delivery/job-runner.ts';
import { createRecoveryJob } from './delivery/recovery-job.ts';
import type { Observation } from './delivery/report.ts';
import type { Dialect } from './dialects/dialect.ts';
import type { Dialects } from './dialects/registry.ts';
import { createApp } from './http/app.ts';
import { createInbox, type Inbox } from './http/inbox.ts';
import { createMetrics } from './http/metrics.ts';
import { Streams } from './http/streams.ts';
import type { Change, Changes } from './ports/changes.ts';
import type { Clock } from './ports/clock.ts';
import type { Hash } from './ports/hash.ts';
import type { InboxLog } from './ports/inbox-log.ts';
import type { Log } from './ports/log.ts';
import type { Random } from './ports/random.ts';
import type { Repositories } from './ports/repositories.ts';
import type { SampleData } from './ports/sample-data.ts';
import type { Schedule } from './ports/schedule.ts';
import type { SchemaCheck } from './ports/schema-check.ts';
import type { Store } from './ports/store.ts';
import type { SendResult, Transport } from './ports/transport.ts';
import type { UrlPolicy } from './ports/url-policy.ts';
import { type Contexts, createContexts } from './rpc/context.ts';
import { createErrorLog } from './rpc/error-log.ts';
import { createLibrary } from './rpc/library.ts';
import { type AppRouter, createAppRouter } from './rpc/router.ts';
import { DEFAULT_WORKSPACE } from './rpc/trpc.ts';
import type { Verbs } from './rpc/verbs.ts';
import { createViewChange, type ShownChange } from './rpc/views/change.ts';
import { Lifecycle } from './lifecycle.ts';
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
  /** Keeps the requests of the built-in receiver; null disables the receiver. */
  readonly inbox_log: InboxLog | null;
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
  /** An admin API key to store at the start. */
  readonly api_key: string | null;
}

/** A running Bellwire, independent of its ports. */
export interface Program {
  /** Ends all open streams and refuses new ones. Call it before you close the listener, which waits for responses. */
  readonly endStreams: () => void;
  /** The HTTP API, pages and inbox. */
  readonly fetch: (request: Request) => Response | Promise<Response>;
  /** Every API call, as an admin of a workspace; null is the default one. */
  readonly verbsIn: (workspace_id: string | null) => Verbs;
  readonly loop: DeliveryLoop;
  /** Whether there was no API key yet. */
  readonly is_first_start: boolean;
  /** Starts the sweep, once a second, which sends due retries and the deliveries of an earlier process. */
  readonly start: () => void;
  /** One pass of the sweep. */
  readonly sweep: () => Promise<void>;
  /** Shuts down gracefully: no delivery is lost or sent twice. Further calls return the same promise. */
  readonly stop: () => Promise<void>;
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

const createJobs = (ports: Ports, settings: Settings, changes: Changes): JobRunner => {
  const { store, repositories } = ports.storage;
  const parts = { ...ports, ...settings, ...repositories, store, changes };
  return new JobRunner({
    ...ports,
    jobs: [createRecoveryJob(parts), createErasureJob(parts), createAuditJob(parts)],
  });
};

interface ManagementParts {
  readonly keys: Keys;
  readonly audit: Audit;
  readonly loop: DeliveryLoop;
  readonly jobs: JobRunner;
}

const createManagement = (
  ports: Ports,
  settings: Settings,
  { keys, audit, loop, jobs }: ManagementParts,
): {
  readonly router: AppRouter;
  readonly contexts: Contexts;
  readonly viewChange: (change: Change) => ShownChange;
} => {
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
  const secrets = createSecrets(forHooks);
  const router = createAppRouter({
    accept,
    hooks: createHooks(forHooks),
    hookWarnings: createHookWarnings(forHooks),
    testSends,
    secrets,
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
    ids,
    hash: ports.hash,
    validateSchema: ports.validateSchema,
    checkSchema: ports.check,
    sampleOf,
    catalogOfDialect: (name) => dialects.get(name)?.catalog ?? null,
  });
  return {
    router,
    contexts: createContexts({ keys, lookup }),
    viewChange: createViewChange((hook) => secrets.stateOf(hook)),
  };
};

const inboxOf = ({ inbox_log, storage, dialects, clock }: Ports, log: Log): Inbox | null => {
  if (inbox_log === null) return null;
  const verify = createInboxVerifier(storage.hooksAt, dialects, clock.now);
  return createInbox({ verify, clock, inbox_log, log });
};

const endingOf = (streams: Streams, inbox: Inbox | null) => (): void => {
  streams.close();
  inbox?.endStreams();
};

/** What follows the commit of an audited change. */
const afterChange =
  ({
    changes,
    streams,
  }: {
    readonly changes: Changes;
    readonly streams: Streams;
  }): AuditOptions['onChanged'] =>
  (actor, change) => {
    noteChange(changes, actor, change);
    if (change.action === 'api_key.deleted') streams.endOf(change.subject);
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
  const changes = new ChangeFeed({ ...ports, repositories });
  const streams = new Streams({ source: changes, clock });
  const audit = createAudit({ ...ports, repositories, onChanged: afterChange({ changes, streams }) });
  const keys = createKeys({ ...ports, audit, repositories: repositories.api_keys });
  const is_first_start = !(await repositories.api_keys.any());
  if (settings.api_key !== null) await adoptKey(keys, settings.api_key);

  const metrics = createMetrics({ store, repositories, clock, gauges: () => loop.gauges() });
  const observe = (observation: Observation): void => {
    metrics.observe(observation);
    ports.observe?.(observation);
  };
  const loop = new DeliveryLoop({ ...ports, ...settings, store, changes, observe });
  const jobs = createJobs(ports, settings, changes);
  const lifecycle = new Lifecycle({ ...ports, loop, jobs });
  // Before the first event: the leases that it releases must be those of another process.
  try {
    await loop.start();
  } catch (error) {
    await Promise.allSettled([lifecycle.stop()]);
    throw error;
  }
  const error_log = createErrorLog(log, clock);
  const { router, contexts, viewChange } = createManagement(ports, settings, { keys, audit, loop, jobs });
  const inbox = inboxOf(ports, error_log);
  const app = createApp({
    router,
    streams,
    viewChange,
    createContext: contexts.ofRequest,
    log: error_log,
    metrics,
    monotonic: clock.monotonic,
    isReady: () => lifecycle.is_ready,
    inbox: inbox?.routes ?? null,
  });
  const inProcess = (workspace_id: string | null) => async () => {
    lifecycle.assertRunning();
    return contexts.inProcess(workspace_id);
  };
  const endStreams = endingOf(streams, inbox);
  return {
    fetch: app.fetch,
    verbsIn: (workspace_id) =>
      createLibrary({ router, log: error_log, createContext: inProcess(workspace_id) }),
    loop,
    is_first_start,
    start: () => lifecycle.start(),
    sweep: () => lifecycle.sweep(),
    endStreams,
    stop: () => {
      endStreams();
      return lifecycle.stop();
    },
  };
};
