import { hmacSha256 } from '../core/signing.ts';
import { defineDialect } from './define-dialect.ts';
import { hexSecret, POST_JSON } from './single-signature.ts';

/** Slack's format (docs.slack.dev, "Verifying requests from Slack"): `v0=<hex>` over `v0:timestamp:body`. */
export const slack = defineDialect({
  name: 'slack',
  envelope: ({ event }) => event.data,
  header_names: {
    id: 'webhook-id',
    timestamp: 'X-Slack-Request-Timestamp',
    signature: 'X-Slack-Signature',
  },
  sign: ({ timestamp, body, secrets: [secret] }) =>
    `v0=${hmacSha256(secret, { prefix: `v0:${timestamp}:`, body }, 'hex')}`,
  signs_with: 'one',
  ...POST_JSON,
  timeout_ms: 3_000,
  secret: hexSecret('unless_null'),
});
