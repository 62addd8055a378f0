import type { Repositories } from '../../ports/repositories.ts';
import type { Connections } from '../schema.ts';
import { createApiKeys } from './api-keys.ts';
import { createAudit } from './audit.ts';
import { createDeliveries } from './deliveries.ts';
import { createEvents } from './events.ts';
import { createEventTypes } from './event-types.ts';
import { createHooks } from './hooks.ts';
import type { RepositoryParts } from './parts.ts';
import { createErasures } from './erasures.ts';
import { createRecoveries } from './recoveries.ts';
import { createStats } from './stats.ts';
import { createTenants } from './tenants.ts';
import { createWorkspaces } from './workspaces.ts';

/** The repositories, in SQL that runs on both databases. */
export const createRepositories = (connections: Connections, parts: RepositoryParts): Repositories => ({
  workspaces: createWorkspaces(connections, parts),
  api_keys: createApiKeys(connections, parts),
  event_types: createEventTypes(connections, parts),
  tenants: createTenants(connections),
  hooks: createHooks(connections, parts),
  events: createEvents(connections),
  deliveries: createDeliveries(connections),
  audit: createAudit(connections),
  stats: createStats(connections),
  recoveries: createRecoveries(connections, parts),
  erasures: createErasures(connections, parts),
});
