import { type Audit, type AuditOptions, createAudit } from './admin/audit.ts';
import { scheduleBeyondRetention } from './admin/check-retention.ts';
import { initialCatalog } from './admin/initial-catalog.ts';
import { createKeys, type Keys } from './admin/keys.ts';
import { KeyUses } from './admin/key-uses.ts';
import { createPortals } from './admin/portals.ts';
import { Sessions } from './admin/sessions.ts';
import { noteChange } from './admin/note-changes.ts';
import { ChangeFeed } from './delivery/change-feed.ts';
import { createAuditJob } from './delivery/audit-job.ts';
import { DeliveryLoop } from './delivery/delivery-loop.ts';
import { createErasureJob } from './delivery/erasure-job.ts';
import { type Job, JobRunner } from './delivery/job-runner.ts';
import { createRecoveryJob } from './delivery/recovery-job.ts';
import { createWatchJob } from './delivery/watch-job.ts';
import type { Notices } from './delivery/notices.ts';
import type { Observation } from './delivery/report.ts';
import type { Dialect } from './dialects/dialect.ts';
import { Admission } from './http/admission.ts';
import { type AppOptions, createApp } from './http/app.ts';
import { createInbox, type Inbox, type InboxOptions } from './http/inbox.ts';
import { LoopShare } from './http/loop-share.ts';
import { createMetrics } from './http/metrics.ts';
import { ownOrigin, sessionOf } from './http/session-cookie.ts';
import { Streams } from './http/streams.ts';
import type { Changes } from './ports/changes.ts';
import { ALONE, type Cluster } from './core/cluster.ts';
import type { Log } from './ports/log.ts';
import type { Contexts } from './rpc/context.ts';
import type { AppRouter } from './rpc/router.ts';
import { createErrorLog } from './rpc/error-log.ts';
import { createLibrary } from './rpc/library.ts';
import { DEFAULT_WORKSPACE } from './rpc/trpc.ts';
import { Lifecycle } from './lifecycle.ts';
import { createInboxVerifier } from './verify-inbox.ts';
import { createManagement } from './management.ts';
import type { Ports, Program, Settings } from './program.ts';

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
  const used = [{ dialect: default_dialect.name, max_attempts: null, retry_schedule: null }, ...hooks];
  const schedule_ms = scheduleBeyondRetention({ ...settings, dialects: ports.dialects, used });
  if (schedule_ms === null) return;
  ports.log.warn(
    'BELLWIRE_RETENTION is shorter than the longest retry schedule: deliveries are canceled as expired before their last attempt. Increase BELLWIRE_RETENTION, or shorten the schedule with BELLWIRE_RETRY_SCHEDULE, retry_schedule or max_attempts',
    { retention_ms, schedule_ms },
  );
};

/** The limits of this node: the cap of a hook is that of all nodes, shared by those that are alive. */
const shareOf = ({ concurrency, hook_concurrency }: Settings['limits'], cluster: Cluster) => ({
  concurrency,
  get hook_concurrency() {
    return cluster.shareOf(hook_concurrency);
  },
});

const createJobs = (
  ports: Ports,
  settings: Settings,
  {
    notices,
    changes,
    uses,
  }: { readonly notices: Notices; readonly changes: Changes; readonly uses: KeyUses },
): JobRunner => {
  const { store, repositories, cluster = ALONE } = ports.storage;
  const once = (job: Job): Job => ({
    ...job,
    advance: async (limit) => cluster.isLeader() && (await job.advance(limit)),
  });
  const parts = { ...ports, ...settings, ...repositories, store, notices, changes };
  return new JobRunner({
    ...ports,
    jobs: [
      once(createRecoveryJob(parts)),
      once(createErasureJob(parts)),
      once(createAuditJob(parts)),
      createWatchJob(parts),
      { name: 'api_key_uses', advance: (limit) => uses.write(limit) },
    ],
  });
};

interface HttpParts extends Pick<
  AppOptions,
  'router' | 'sessions' | 'portals' | 'streams' | 'viewChange' | 'metrics' | 'admission' | 'log' | 'isReady'
> {
  readonly contexts: Contexts;
  readonly inbox: Inbox | null;
}

const createHttp = (ports: Ports, settings: Settings, { contexts, inbox, ...parts }: HttpParts) => {
  const { public_url } = settings;
  return createApp({
    ...parts,
    database: settings.system.database,
    createContext: (request) =>
      contexts.ofRequest(request.headers, {
        tokenOf: () => sessionOf(request, public_url),
        originOf: () => ownOrigin(request, public_url).origin,
      }),
    public_url,
    portal_origins: settings.portal_origins,
    console_files: ports.console_files,
    monotonic: ports.clock.monotonic,
    inbox: inbox?.routes ?? null,
  });
};

const inboxOf = (
  { inbox_log, storage, dialects, clock }: Ports,
  { public_url }: Settings,
  { log, admission }: Pick<InboxOptions, 'log' | 'admission'>,
): Inbox | null => {
  if (inbox_log === null) return null;
  const verify = createInboxVerifier(storage.hooksAt, dialects, clock.now);
  return createInbox({ verify, admission, clock, inbox_log, log, public_url });
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

/** A shorter key can be guessed, if a person chose it. */
const SAFE_KEY_LENGTH = 32;

const configureKey = async (keys: Keys, api_key: string, log: Log): Promise<void> => {
  await keys.configure(api_key, { workspace_id: DEFAULT_WORKSPACE, by: 'configuration' });
  if (api_key.length >= SAFE_KEY_LENGTH) return;
  log.warn('BELLWIRE_API_KEY is short, so it could be guessed. Use at least 32 random characters', {
    length: api_key.length,
  });
};

/** The API keys with the configured one, and the sessions that act for them. */
const openKeys = async (ports: Ports, { api_key }: Settings, audit: Audit) => {
  const { repositories } = ports.storage;
  const uses = new KeyUses(repositories.api_keys, ports.clock);
  const keys = createKeys({ ...ports, audit, uses, repositories: repositories.api_keys });
  const is_first_start = !(await repositories.api_keys.any());
  if (api_key !== null) await configureKey(keys, api_key, ports.log);
  const sessions = new Sessions({ ...ports, keys, repositories: repositories.sessions });
  const portals = createPortals({ ...ports, audit, repositories });
  return { keys, uses, sessions, portals, is_first_start };
};

interface InProcessParts {
  readonly router: AppRouter;
  readonly contexts: Contexts;
  readonly lifecycle: Lifecycle;
  readonly log: Log;
}

/** The calls of the library, which need no API key. */
const inProcessVerbs =
  ({ router, contexts, lifecycle, log }: InProcessParts): Program['verbsIn'] =>
  (workspace_id) =>
    createLibrary({
      router,
      log,
      workspace_id: workspace_id ?? DEFAULT_WORKSPACE,
      createContext: async () => {
        lifecycle.assertRunning();
        return contexts.inProcess(workspace_id);
      },
    });

/** Calls, and the work for later of all parts, are restrained together: both use the event loop. */
const shareLoop = (given: Ports): { readonly ports: Ports; readonly admission: Admission } => {
  const loop = new LoopShare(given.clock);
  const clock = { ...given.clock, later: loop.later };
  return { ports: { ...given, clock }, admission: new Admission(clock, loop) };
};

/**
 * Wires the program, for production and for tests. When it resolves, the default workspace and the configured API key
 * exist, and the deliveries that a dead process had leased are due again.
 * @throws errors of the ports; then nothing is left running.
 */
export const assemble = async (given: Ports, settings: Settings): Promise<Program> => {
  const { ports, admission } = shareLoop(given);
  const { clock, log, storage } = ports;
  const { store, repositories, cluster = ALONE, accept_wait_ms = null } = storage;
  await ensureDefaultWorkspace(ports, settings.default_dialect);
  await warnOfShortRetention(ports, settings);
  const changes = new ChangeFeed({ ...ports, repositories });
  const streams = new Streams({ source: changes, clock });
  const audit = createAudit({ ...ports, repositories, onChanged: afterChange({ changes, streams }) });
  const { keys, uses, sessions, portals, is_first_start } = await openKeys(ports, settings, audit);

  const metrics = createMetrics({ ...ports, store, repositories, gauges: () => loop.gauges() });
  const observe = (observation: Observation): void => {
    metrics.observe(observation);
    ports.observe?.(observation);
  };
  const limits = shareOf(settings.limits, cluster);
  const shared = { store, cluster, accept_wait_ms };
  const loop = new DeliveryLoop({ ...ports, ...settings, ...shared, changes, observe, limits });
  const jobs = createJobs(ports, settings, { notices: loop.notices, changes, uses });
  const lifecycle = new Lifecycle({ ...ports, loop, jobs });
  await lifecycle.open();
  const error_log = createErrorLog(log, clock);
  const { router, contexts, viewChange } = createManagement(ports, settings, {
    keys,
    sessions,
    portals,
    audit,
    loop,
    jobs,
  });
  const inbox = inboxOf(ports, settings, { log: error_log, admission });
  const app = createHttp(ports, settings, {
    router,
    contexts,
    sessions,
    portals,
    streams,
    viewChange,
    inbox,
    metrics,
    admission,
    log: error_log,
    isReady: () => lifecycle.is_ready,
  });
  const endStreams = endingOf(streams, inbox);
  return {
    fetch: app.fetch,
    verbsIn: inProcessVerbs({ router, contexts, lifecycle, log: error_log }),
    loop,
    createSignInLink: () => sessions.createLink(),
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
