import { hmacSha256, isWellFormedStandardSecret, makeStandardSecret, standardKey } from '../core/signing.ts';
import { defineDialect } from './define-dialect.ts';

const seconds = (time_ms: number): string => String(Math.floor(time_ms / 1000));

/**
 * The Standard Webhooks specification (version 1): `v1,<base64>` HMAC-SHA256 over `id.timestamp.body`, one
 * signature for every live secret, separated by spaces.
 */
export const standard = defineDialect({
  name: 'standard',
  secret: {
    presence: 'always',
    make: makeStandardSecret,
    refuse: (secret) =>
      secret.startsWith('whsec_') && !isWellFormedStandardSecret(secret)
        ? 'A secret that begins with "whsec_" must go on with the base64 of 24 to 64 bytes. Leave it out to have one made, or give one without that prefix to use its text as the key.'
        : null,
  },
  envelope: ({ event }) => ({
    type: event.type,
    timestamp: new Date(event.occurred_at).toISOString(),
    data: event.data,
  }),
  headers: ({ event, sent_at }) => ({
    'webhook-id': event.id,
    'webhook-timestamp': seconds(sent_at),
  }),
  identify: (headers) => {
    const event_id = headers['webhook-id'];
    const timestamp = headers['webhook-timestamp'];
    if (event_id === undefined || timestamp === undefined || !/^\d{1,12}$/.test(timestamp)) return null;
    return { event_id, sent_at: Number(timestamp) * 1000 };
  },
  sign: ({ event_id, sent_at, body, secrets }) => {
    const message = `${event_id}.${seconds(sent_at)}.${body}`;
    const signatures = secrets.map((secret) => `v1,${hmacSha256(standardKey(secret), message, 'base64')}`);
    return { 'webhook-signature': signatures.join(' ') };
  },
});
