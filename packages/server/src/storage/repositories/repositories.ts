import type { Repositories } from '../../ports/repositories.ts';
import { type Invalidation, Invalidations } from '../invalidations.ts';
import type { Connections } from '../schema.ts';
import { createApiKeys } from './api-keys.ts';
import { createAudit } from './audit.ts';
import { createDeliveries } from './deliveries.ts';
import { createEncryption } from './encryption.ts';
import { createEvents } from './events.ts';
import { createEventTypes } from './event-types.ts';
import { createHooks } from './hooks.ts';
import { inTransaction } from './in-transaction.ts';
import type { RepositoryParts } from './parts.ts';
import { createErasures } from './erasures.ts';
import { createOwned } from './owned.ts';
import { createRecoveries } from './recoveries.ts';
import { createSessions } from './sessions.ts';
import { createStats } from './stats.ts';
import { createTenants } from './tenants.ts';
import { createWorkspaces } from './workspaces.ts';

/** Publishes what `parts` publishes, and remembers it. */
const remembering = (parts: RepositoryParts) => {
  const published: Invalidation[] = [];
  const invalidations = new Invalidations();
  invalidations.subscribe((one) => {
    published.push(one);
    parts.invalidations.publish(one);
  });
  return { published, parts: { ...parts, invalidations } };
};

const transactionOf =
  ({ db, reader }: Connections, outer: RepositoryParts): Repositories['transaction'] =>
  async (work) => {
    const { published, parts } = remembering(outer);
    try {
      return await inTransaction(db, (trx) => work(createRepositories({ db: trx, reader }, parts)));
    } finally {
      // Again after the end: after a rollback, caches must not keep what they have read in the transaction.
      for (const one of published) outer.invalidations.publish(one);
    }
  };

/** The repositories, in SQL that runs on both databases. */
export const createRepositories = (connections: Connections, parts: RepositoryParts): Repositories => ({
  workspaces: createWorkspaces(connections, parts),
  api_keys: createApiKeys(connections, parts),
  event_types: createEventTypes(connections, parts),
  tenants: createTenants(connections, parts),
  hooks: createHooks(connections, parts),
  events: createEvents(connections),
  deliveries: createDeliveries(connections),
  audit: createAudit(connections),
  stats: createStats(connections),
  recoveries: createRecoveries(connections, parts),
  erasures: createErasures(connections, parts),
  owned: createOwned(connections),
  sessions: createSessions(connections),
  encryption: createEncryption(connections, parts),
  transaction: transactionOf(connections, parts),
});
