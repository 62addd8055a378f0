import type { Audit } from './admin/audit.ts';
import { createCheckFilter } from './admin/check-filter.ts';
import { AwaitedSends } from './admin/awaited-sends.ts';
import { createAdmitEvent } from './admin/event-limits.ts';
import { createHookLookup } from './admin/hook-lookup.ts';
import { createHookWarnings } from './admin/hook-warnings.ts';
import { createHooks } from './admin/hooks.ts';
import type { Keys } from './admin/keys.ts';
import { createErasureJobs } from './admin/erasures.ts';
import { createRecoveryJobs } from './admin/recoveries.ts';
import { createSampleOf } from './admin/samples.ts';
import { createSecrets, type Secrets } from './admin/secrets.ts';
import { createSignatures } from './admin/signatures.ts';
import type { Portals } from './admin/portals.ts';
import type { Sessions } from './admin/sessions.ts';
import { limitRetries } from './admin/retry-limit.ts';
import { createReadSystem } from './admin/system.ts';
import { createTestSends } from './admin/test-sends.ts';
import { createTryFilter } from './admin/try-filter.ts';
import { ALONE } from './core/cluster.ts';
import type { Hook } from './core/hook.ts';
import { attemptDelays, hookDelays } from './core/retry-schedule.ts';
import { explainRequest } from './dialects/explain.ts';
import type { DeliveryLoop } from './delivery/delivery-loop.ts';
import type { JobRunner } from './delivery/job-runner.ts';
import { RateLimits } from './delivery/rate-limits.ts';
import { enabledNotice } from './delivery/notice.ts';
import type { Change } from './ports/changes.ts';
import type { ListedHook } from './ports/repositories.ts';
import { type Contexts, createContexts } from './rpc/context.ts';
import { createSkipDelivery } from './admin/skip-delivery.ts';
import { createHeavyTurns } from './rpc/heavy-turns.ts';
import { type AppRouter, createAppRouter } from './rpc/router.ts';
import { DEFAULT_WORKSPACE } from './rpc/trpc.ts';
import { createViewChange, type ShownChange } from './rpc/views/change.ts';
import type { HookFacts } from './rpc/views/hook.ts';
import type { Ports, Settings } from './program.ts';

/** The calls of the API, how each is authenticated, and how the stream shows changes. */
export interface Management {
  readonly router: AppRouter;
  readonly contexts: Contexts;
  readonly viewChange: (change: Change) => ShownChange;
}

export interface ManagementParts {
  readonly keys: Keys;
  readonly sessions: Sessions;
  readonly portals: Portals;
  readonly audit: Audit;
  readonly loop: DeliveryLoop;
  readonly jobs: JobRunner;
}

const createHookFacts =
  ({ dialects }: Ports, { retry_delays_ms }: Settings, secrets: Secrets) =>
  (hook: ListedHook): HookFacts => {
    const delays_ms = retry_delays_ms ?? dialects.get(hook.dialect)?.retry.delays_ms ?? [];
    return { secrets: secrets.stateOf(hook), attempt_delays: attemptDelays(hookDelays(hook, delays_ms)) };
  };

const awaitedSendsOf = ({ storage, dialects, clock }: Ports, { timeout_ms }: Settings): AwaitedSends =>
  new AwaitedSends({ repositories: storage.repositories, dialects, clock, timeout_ms });

/** Wires the management of hooks, events and everything else behind the API. */
export const createManagement = (
  ports: Ports,
  settings: Settings,
  { keys, sessions, portals, audit, loop, jobs }: ManagementParts,
): Management => {
  const { clock, dialects, ids, storage } = ports;
  const { accept, notices } = loop;
  const onEnabled = (before: Hook) => notices.add(enabledNotice(before, clock.now()));
  const lookup = createHookLookup({ ...storage, audit, clock, log: ports.log, dialects, onEnabled });
  const onCreated = () => void jobs.run();
  const { size: nodes } = storage.cluster ?? ALONE;
  const sampleOf = createSampleOf(ports);
  const testSends = createTestSends({ lookup, accept, clock, check: ports.check, sampleOf });
  const recoveryJobs = createRecoveryJobs({
    ...ports,
    ...storage,
    audit,
    lookup,
    retention_ms: settings.retention_ms,
    onCreated,
  });
  const checkFilter = createCheckFilter(storage.store);
  const forHooks = { ...ports, ...storage, audit, lookup, testSends, recoveryJobs, checkFilter };
  const secrets = createSecrets(forHooks);
  const hookFacts = createHookFacts(ports, settings, secrets);
  const router = createAppRouter({
    accept,
    admitEvent: createAdmitEvent({ ...storage.repositories, rate_limits: new RateLimits(clock, nodes) }),
    hooks: createHooks(forHooks),
    hookWarnings: createHookWarnings(forHooks),
    hookFacts,
    testSends,
    tryFilter: createTryFilter(checkFilter, storage.repositories.events),
    secrets,
    signatures: createSignatures({ ...forHooks, ...storage, explainRequest }),
    recoveryJobs,
    erasureJobs: createErasureJobs({ ...forHooks, default_workspace: DEFAULT_WORKSPACE, onCreated }),
    keys,
    portals,
    repositories: storage.repositories,
    audit,
    awaitedSends: awaitedSendsOf(ports, settings),
    redeliver: limitRetries(loop, clock),
    skipDelivery: createSkipDelivery({ ...storage, audit, clock }),
    now: clock.now,
    readSystem: createReadSystem({ ...settings, clock, store: storage.store }),
    ids,
    hash: ports.hash,
    validateSchema: ports.validateSchema,
    checkSchema: ports.check,
    sampleOf,
    catalogOfDialect: (name) => dialects.get(name)?.catalog ?? null,
  });
  const callers = { keys, sessions, portals, lookup, heavyTurn: createHeavyTurns(clock.later) };
  return {
    router,
    contexts: createContexts({ ...settings, ...storage.repositories, ...callers }),
    viewChange: createViewChange({ factsOf: hookFacts, now: clock.now }),
  };
};
