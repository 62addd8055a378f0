import { idAsUuid } from '../core/ids.ts';
import type { JsonObject } from '../core/json.ts';
import type { HookConfig } from '../core/hook.ts';
import { defineDialect } from './define-dialect.ts';
import { q2Catalog } from './q2-catalog.ts';
import { hexSecret, POST_JSON, signsBody } from './single-signature.ts';
import { isoMicroseconds } from './times.ts';

const PING_DATA = { ping: { description: 'This is a ping event.' } };

/** The hook as its receivers see it. The document prints `updated_at` with a Z and `created_at` without. */
const hookOnTheWire = (hook: HookConfig): JsonObject => ({
  id: hook.number,
  active: hook.status === 'active',
  events: [...hook.events],
  updated_at: `${isoMicroseconds(hook.updated_at)}Z`,
  created_at: isoMicroseconds(hook.created_at),
  target_url: hook.url,
  insecure_ssl: hook.insecure_ssl,
  content_type: hook.content_type,
});

/**
 * The webhooks of q2developer.com, from its developers' page: every body embeds the current hook, every delivery has
 * its own GUID, and a ping is sent whenever a hook is created or changed.
 */
export const q2 = defineDialect({
  name: 'q2',
  envelope: ({ event, hook }) =>
    // Data with these keys would replace the hook that receivers trust.
    'hook' in event.data || 'hook_id' in event.data
      ? null
      : { hook_id: hook.number, hook: hookOnTheWire(hook), ...event.data },
  header_names: { id: 'X-Q2-Delivery', event: 'X-Q2-Event', signature: 'X-Q2-Signature-256' },
  id: ({ delivery_id }) => idAsUuid(delivery_id),
  event_name: (type) => (type === 'ping' ? 'Ping' : type),
  ...signsBody('base64'),
  ...POST_JSON,
  fixed_headers: { Accept: '*/*' },
  user_agent: 'Q2-WebHooks/1.0.0',
  content_type_suffix: '; charset=utf-8',
  timeout_ms: 10_000,
  secret: hexSecret('unless_null'),
  handshake: 'ping',
  ping: { data: PING_DATA },
  catalog: [
    ...q2Catalog,
    {
      name: 'ping',
      description:
        'Sent when a hook is created or changed, to confirm that the hook is configured correctly.',
      example: PING_DATA,
    },
  ],
});
