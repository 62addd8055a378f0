import { defineDialect } from './define-dialect.ts';
import { hexSecret, signsBody } from './single-signature.ts';
import { isoSeconds } from './times.ts';

/**
 * The webhooks of the activities workspace, from its guide: each hook sets its own method, content type and number of
 * attempts; `X-Signature` is the bare hex HMAC of the payload's contents. The guide prints no body; this one is ours.
 */
export const activities = defineDialect({
  name: 'activities',
  envelope: ({ event }) => ({
    id: event.id,
    event: event.type,
    timestamp: isoSeconds(event.occurred_at),
    data: event.data,
  }),
  header_names: { signature: 'X-Signature' },
  ...signsBody('hex'),
  secret: hexSecret('optional'),
});
