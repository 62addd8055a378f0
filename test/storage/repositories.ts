import { describe, it } from 'vitest';
import { apiKeys } from './repositories/api-keys.ts';
import { audit } from './repositories/audit.ts';
import { deliveries } from './repositories/deliveries.ts';
import { eventTypes } from './repositories/event-types.ts';
import { events } from './repositories/events.ts';
import { hookSecrets } from './repositories/hook-secrets.ts';
import { hooks } from './repositories/hooks.ts';
import { type Check, createKit, type RepositoriesUnderTest } from './repositories/kit.ts';
import { pages } from './repositories/pages.ts';
import { resend } from './repositories/resend.ts';
import { sendMissed } from './repositories/send-missed.ts';
import { switchingOff } from './repositories/switching-off.ts';
import { workspaces } from './repositories/workspaces.ts';

const chapters: Readonly<Record<string, (check: Check) => void>> = {
  pages,
  workspaces,
  'API keys': apiKeys,
  'the audit log': audit,
  'event types': eventTypes,
  hooks,
  'switching hooks off': switchingOff,
  'the secrets of a hook': hookSecrets,
  events,
  deliveries,
  'sending again': resend,
  'sending what was missed': sendMissed,
};

type Open = () => Promise<RepositoriesUnderTest>;

const checkOn =
  (open: Open): Check =>
  (guarantee, prove) =>
    it(guarantee, async () => {
      await using database = await open();
      await prove(createKit(database.db));
    });

/** What the repositories must do on every database. `open` answers an empty one with our tables. */
export const describeRepositories = (name: string, open: Open): void => {
  describe(`the repositories on ${name}`, () => {
    for (const [chapter, register] of Object.entries(chapters)) {
      describe(chapter, () => register(checkOn(open)));
    }
  });
};
