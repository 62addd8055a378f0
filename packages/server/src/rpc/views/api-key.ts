import { z } from 'zod';
import { keyScopes } from '../../core/api-key.ts';
import type { ApiKey } from '../../ports/repositories.ts';
import { EXAMPLE } from '../examples.ts';
import { described } from '../fields.ts';
import { iso, shownTime } from './shown.ts';

export const keyView = z
  .object({
    id: described(z.string(), 'Its id.', EXAMPLE.key_id),
    workspace_id: described(
      z.string().nullable(),
      'The workspace that it opens; null for an admin key, which opens all.',
      'ws_default',
    ),
    name: described(z.string(), 'For people.', 'checkout service'),
    scope: described(
      z.enum(keyScopes),
      '`admin`: everything. `workspace`: everything in one workspace. `send`: only sending events, in one.',
      'send',
    ),
    hint: described(z.string(), 'What of the key may be shown.', 'bwk_k3Yx…9fQa'),
    created_at: shownTime('When it was made.'),
  })
  .meta({ id: 'ApiKey', description: 'Who may call. Its text is known to nobody but its holder.' });

export const createdKeyView = keyView
  .extend({
    api_key: described(
      z.string(),
      'The key itself. It is shown this once.',
      'bwk_k3YxTq0vJm5nZr8sLw2bHc7dPf1gUa4eXi6oCy9fQa',
    ),
  })
  .meta({ id: 'CreatedApiKey', description: 'A new API key with its text.' });

export const viewKey = (key: ApiKey): z.infer<typeof keyView> => ({
  ...key,
  created_at: iso(key.created_at),
});
