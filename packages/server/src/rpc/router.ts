import { createApiKeysRouter } from './api-keys.ts';
import { createAuditRouter } from './audit.ts';
import { createDeliveriesRouter } from './deliveries.ts';
import type { RpcDeps } from './deps.ts';
import { createErasuresRouter } from './erasures.ts';
import { createEventTypesRouter } from './event-types.ts';
import { createEventsRouter } from './events.ts';
import { createHooksRouter } from './hooks.ts';
import { createRecoveriesRouter } from './recoveries.ts';
import { createSignaturesRouter } from './signatures.ts';
import { t } from './trpc.ts';
import { createStatsRouter } from './stats.ts';
import { createSystemRouter } from './system.ts';
import { createTenantsRouter } from './tenants.ts';
import { createWorkspacesRouter } from './workspaces.ts';

/** The router with all procedures, grouped by noun. */
export const createAppRouter = (deps: RpcDeps) =>
  t.router({
    hooks: createHooksRouter(deps),
    events: createEventsRouter(deps),
    deliveries: createDeliveriesRouter(deps),
    recoveries: createRecoveriesRouter(deps),
    tenants: createTenantsRouter(deps),
    erasures: createErasuresRouter(deps),
    eventTypes: createEventTypesRouter(deps),
    workspaces: createWorkspacesRouter(deps),
    apiKeys: createApiKeysRouter(deps),
    stats: createStatsRouter(deps),
    audit: createAuditRouter(deps),
    signatures: createSignaturesRouter(deps),
    system: createSystemRouter(deps),
  });

// Never called. `typeof createAppRouter` would bring RpcDeps into the client's declarations.
const probe = () => createAppRouter(null as never);

/** The type of the router, for typed clients. */
export type AppRouter = ReturnType<typeof probe>;
