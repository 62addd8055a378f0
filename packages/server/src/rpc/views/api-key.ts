import { z } from 'zod';
import { keyScopes } from '../../core/api-key.ts';
import type { ApiKey } from '../../ports/repositories.ts';
import { EXAMPLE } from '../examples.ts';
import { described } from '../fields.ts';
import { iso, shownTime } from './shown.ts';

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
      '`admin`: full access. `workspace`: full access to one workspace. `send`: may only send events to one workspace.',
      'send',
    ),
    hint: described(z.string(), 'The beginning and end of the key, for recognition.', 'bwk_k3Yx…9fQa'),
    events_per_second: described(
      z.int().nullable(),
      'Maximum rate at which its events are accepted; null for no limit.',
      100,
    ),
    created_at: shownTime('When it was created.'),
  })
  .meta({ id: 'ApiKey', description: 'An API key, without the key itself.' });

export const createdKeyView = keyView
  .extend({
    api_key: described(
      z.string(),
      'The key itself. Returned only once.',
      'bwk_k3YxTq0vJm5nZr8sLw2bHc7dPf1gUa4eXi6oCy9fQa',
    ),
  })
  .meta({ id: 'CreatedApiKey', description: 'A new API key, including the key itself.' });

export const viewKey = (key: ApiKey): z.infer<typeof keyView> => ({
  ...key,
  created_at: iso(key.created_at),
});
