import type { Kysely } from 'kysely';
import type { Repositories } from '../../ports/repositories.ts';
import type { Caches } from '../caches.ts';
import type { Cipher } from '../cipher.ts';
import type { Schema } from '../schema.ts';
import { createApiKeys } from './api-keys.ts';
import { createAudit } from './audit.ts';
import { createDeliveries } from './deliveries.ts';
import { createEvents } from './events.ts';
import { createEventTypes } from './event-types.ts';
import { createHooks } from './hooks.ts';
import { createReplayRepository } from './replay.ts';
import { createWorkspaces } from './workspaces.ts';

/** Lists, creations and changes, on whatever database Kysely speaks to. */
export const createRepositories = (db: Kysely<Schema>, caches: Caches, cipher: Cipher): Repositories => ({
  workspaces: createWorkspaces(db, caches),
  api_keys: createApiKeys(db, caches),
  event_types: createEventTypes(db, caches),
  hooks: createHooks(db, caches, cipher),
  events: createEvents(db),
  deliveries: createDeliveries(db),
  audit: createAudit(db),
  replay: createReplayRepository(db),
});
