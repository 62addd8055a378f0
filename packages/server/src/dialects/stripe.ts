import { hmacSha256 } from '../core/signing.ts';
import { defineDialect } from './define-dialect.ts';
import { hexSecret, POST_JSON } from './single-signature.ts';

/**
 * Stripe's format (docs.stripe.com/webhooks): an event object, and `t=<seconds>,v1=<hex>` over `t.body` with one `v1`
 * for every live secret. The whole text of the secret is the key, including `whsec_`.
 */
export const stripe = defineDialect({
  name: 'stripe',
  envelope: ({ event }) => ({
    id: event.id,
    object: 'event',
    type: event.type,
    created: Math.floor(event.occurred_at / 1000),
    livemode: true,
    data: {
      object: event.data,
      ...(event.previous_data === null ? {} : { previous_attributes: event.previous_data }),
    },
  }),
  // The signature carries the timestamp.
  header_names: { signature: 'Stripe-Signature' },
  sign: ({ timestamp, body, secrets }) =>
    [
      `t=${timestamp}`,
      ...secrets.map((secret) => `v1=${hmacSha256(secret, { prefix: `${timestamp}.`, body }, 'hex')}`),
    ].join(','),
  signature_separator: ',',
  ...POST_JSON,
  secret: hexSecret('unless_null'),
});
