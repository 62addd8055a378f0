import { describe, it } from 'vitest';
import { apiKeys } from './repositories/api-keys.ts';
import { audit } from './repositories/audit.ts';
import { deliveries } from './repositories/deliveries.ts';
import { encryption } from './repositories/encryption.ts';
import { erasures } from './repositories/erasures.ts';
import { eventTypes } from './repositories/event-types.ts';
import { events } from './repositories/events.ts';
import { hookSecrets } from './repositories/hook-secrets.ts';
import { hooks } from './repositories/hooks.ts';
import { type Check, createKit, type RepositoriesUnderTest } from './repositories/kit.ts';
import { missedByFilter } from './repositories/missed-by-filter.ts';
import { pages } from './repositories/pages.ts';
import { recoveries } from './repositories/recoveries.ts';
import { statistics } from './repositories/statistics.ts';
import { switchingOff } from './repositories/switching-off.ts';
import { tenants } from './repositories/tenants.ts';
import { workspaces } from './repositories/workspaces.ts';

const chapters = {
  pages,
  workspaces,
  tenants,
  'API keys': apiKeys,
  'the audit log': audit,
  'event types': eventTypes,
  hooks,
  'switching hooks off': switchingOff,
  'the secrets of a hook': hookSecrets,
  events,
  deliveries,
  recoveries,
  'what a filter misses': missedByFilter,
  erasures,
  'encryption at rest': encryption,
  statistics,
};

/** The guarantees of the repositories on every database. `open` returns an empty one with our tables. */
export const describeRepositories = (name: string, open: () => Promise<RepositoriesUnderTest>): void => {
  const check: Check = (guarantee, prove) =>
    it(guarantee, async () => {
      await using database = await open();
      await prove(createKit(database));
    });
  describe(`the repositories on ${name}`, () => {
    for (const [chapter, register] of Object.entries(chapters)) describe(chapter, () => register(check));
  });
};
