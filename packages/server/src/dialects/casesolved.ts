import { makeHexSecret } from '../core/secrets.ts';
import { defineDialect } from './define-dialect.ts';
import { fiveAttempts } from './schedules.ts';
import { POST_JSON } from './single-signature.ts';

/**
 * The webhooks of the Casesolved cloud, from its guide: the body is `{event, data}`, a header carries the secret itself
 * instead of a signature, and a hook receives nothing until it has answered a `Webhook Validate`.
 */
export const casesolved = defineDialect({
  name: 'casesolved',
  envelope: ({ event }) => ({ event: event.type, data: event.data }),
  header_names: { id: 'webhook-id', secret: 'X-Webhook-Secret' },
  sign: () => '',
  signs_with: 'one',
  ...POST_JSON,
  timeout_ms: 10_000,
  retry: fiveAttempts,
  secret: {
    presence: 'optional',
    make: makeHexSecret,
    refuse: (secret) =>
      /^[\x21-\x7e]+$/.test(secret)
        ? null
        : 'is sent as a header in this dialect, so it must be visible ASCII without spaces',
  },
  handshake: 'validate',
  catalog: [
    {
      name: 'Site Plan Change',
      description: 'The plan of a site was changed',
      // The guide prints only "details of the resource".
      example: { site: { name: 'shop.example.com', plan: 'Business', status: 'Active' } },
    },
  ],
});
