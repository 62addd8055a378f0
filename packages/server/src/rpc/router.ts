import { createApiKeysRouter } from './api-keys.ts';
import { createAuditRouter } from './audit.ts';
import { createDeliveriesRouter } from './deliveries.ts';
import type { RpcDeps } from './deps.ts';
import { createEventTypesRouter } from './event-types.ts';
import { createEventsRouter } from './events.ts';
import { createHooksRouter } from './hooks.ts';
import { t } from './trpc.ts';
import { createWorkspacesRouter } from './workspaces.ts';

/** Every procedure of Bellwire, a router a noun. */
export const createAppRouter = (deps: RpcDeps) =>
  t.router({
    hooks: createHooksRouter(deps),
    events: createEventsRouter(deps),
    deliveries: createDeliveriesRouter(deps),
    eventTypes: createEventTypesRouter(deps),
    workspaces: createWorkspacesRouter(deps),
    apiKeys: createApiKeysRouter(deps),
    audit: createAuditRouter(deps),
  });

// Never run. Its type is the router's alone: `typeof createAppRouter` would carry RpcDeps into the client's declarations.
const probe = () => createAppRouter(null as never);

/** The router's type, for typed clients. */
export type AppRouter = ReturnType<typeof probe>;
