import { idAsUuid } from '../core/ids.ts';
import { defineDialect } from './define-dialect.ts';
import { hexSecret, POST_JSON, signsBody } from './single-signature.ts';

/** Shopify's format (shopify.dev, "Deliver webhooks through HTTPS"): the event's data unchanged, base64 over the body. */
export const shopify = defineDialect({
  name: 'shopify',
  envelope: ({ event }) => event.data,
  header_names: {
    id: 'X-Shopify-Webhook-Id',
    event: 'X-Shopify-Topic',
    signature: 'X-Shopify-Hmac-Sha256',
  },
  id: ({ event }) => idAsUuid(event.id),
  ...signsBody('base64'),
  ...POST_JSON,
  timeout_ms: 5_000,
  secret: hexSecret('unless_null'),
});
