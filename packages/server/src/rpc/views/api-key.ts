import { z } from 'zod';
import { keyScopes } from '../../core/api-key.ts';
import type { ApiKey } from '../../ports/repositories.ts';
import { EXAMPLE } from '../examples.ts';
import { described } from '../fields.ts';
import { iso, isoOrNull, shownTime, shownTimeOrNull } from './shown.ts';

export const keyView = z
  .object({
    id: described(z.string(), 'The id.', EXAMPLE.key_id),
    workspace_id: described(
      z.string().nullable(),
      'The workspace of the key; null for admin keys.',
      'ws_default',
    ),
    name: described(z.string(), 'The display name.', 'checkout service'),
    scope: described(
      z.enum(keyScopes),
      '`admin`: everything. `workspace`: everything in one workspace. `send`: send events to one workspace, and read nothing. `read`: read everything in one workspace but secrets.',
      'send',
    ),
    hint: described(
      z.string(),
      'The beginning and end of the key, for recognition.',
      'bw_send_01jd79z5…08e7',
    ),
    events_per_second: described(
      z.int().nullable(),
      'Maximum rate at which its events are accepted; null for no limit.',
      100,
    ),
    created_at: shownTime('When it was created.'),
    expires_at: shownTimeOrNull('When it expires; null if never.', null),
    last_used_at: shownTimeOrNull('When it was last used, up to a minute ago; null if never.'),
  })
  .meta({ id: 'ApiKey', description: 'An API key, without the key itself.' });

export const createdKeyView = keyView
  .extend({
    api_key: described(z.string(), 'The key itself. Returned only once.', EXAMPLE.api_key),
  })
  .meta({ id: 'CreatedApiKey', description: 'A new API key, including the key itself.' });

export const viewKey = (key: ApiKey): z.infer<typeof keyView> => ({
  ...key,
  created_at: iso(key.created_at),
  expires_at: isoOrNull(key.expires_at),
  last_used_at: isoOrNull(key.last_used_at),
});
