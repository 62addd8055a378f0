import { defineDialect } from './define-dialect.ts';
import { resourceApiCatalog } from './resource-api-catalog.ts';
import { fiveAttemptsThenDisable } from './schedules.ts';
import { hexSecret, POST_JSON, signsBody } from './single-signature.ts';
import { isoSeconds } from './times.ts';

/**
 * The webhooks of the resource API, from its page: a bare hex signature, five seconds, five attempts, and five failed
 * attempts of one delivery disable the hook.
 */
export const resourceApi = defineDialect({
  name: 'resource-api',
  envelope: ({ event }) => ({
    id: event.id,
    type: event.type,
    created_at: isoSeconds(event.occurred_at),
    data: event.data,
    previous_data: event.previous_data,
  }),
  header_names: { signature: 'X-Webhook-Signature' },
  ...signsBody('hex'),
  ...POST_JSON,
  timeout_ms: 5_000,
  retry: fiveAttemptsThenDisable,
  secret: hexSecret('unless_null'),
  ping: { data: { object: {} } },
  catalog: resourceApiCatalog,
});
