import { defineDialect } from './define-dialect.ts';
import type { CatalogEntry } from './dialect.ts';
import { fiveAttemptsThenDisable } from './schedules.ts';
import { hexSecret, POST_JSON, signsBody } from './single-signature.ts';
import { isoSeconds } from './times.ts';

const schema = { type: 'object', properties: { object: { type: 'object' } } } as const;
const resource = { object: { id: 'res_xyz789', name: 'New Resource', status: 'active' } };

const entry = (name: string, description: string): CatalogEntry => ({ name, description, schema });

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
  catalog: [
    { ...entry('resource.created', 'New resource created'), example: resource },
    {
      ...entry('resource.updated', 'Resource updated'),
      example: { object: { ...resource.object, name: 'Updated Resource' } },
    },
    entry('resource.deleted', 'Resource deleted'),
    entry('user.created', 'New user registered'),
    entry('user.updated', 'User profile updated'),
    entry('payment.succeeded', 'Payment completed'),
    entry('payment.failed', 'Payment failed'),
  ],
});
