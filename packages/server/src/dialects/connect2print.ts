import { sha256 } from '../core/signing.ts';
import { connect2printCatalog } from './connect2print-catalog.ts';
import { defineDialect } from './define-dialect.ts';
import { fiveAttempts } from './schedules.ts';
import { hexSecret, POST_JSON, signsBody } from './single-signature.ts';
import { isoSeconds } from './times.ts';

const DIGITS = '0123456789abcdefghijklmnopqrstuvwxyz';
const WIRE_ID_DIGITS = 12;

/**
 * `wh_` and twelve digits derived from the event's id: the same for every attempt and every hook. From a hash, because
 * an id starts with its time and twelve of its digits would not be unique.
 */
const wireId = (event_id: string): string => {
  let rest = Buffer.from(sha256(event_id)).readBigUInt64BE();
  let digits = '';
  for (let n = 0; n < WIRE_ID_DIGITS; n += 1) {
    digits += DIGITS[Number(rest % 36n)];
    rest /= 36n;
  }
  return `wh_${digits}`;
};

/** The webhooks of Connect2Print, from its documentation: https only, a bare hex signature, ten seconds. */
export const connect2print = defineDialect({
  name: 'connect2print',
  envelope: ({ event }) => ({
    id: wireId(event.id),
    event: event.type,
    timestamp: isoSeconds(event.occurred_at),
    data: event.data,
  }),
  wire_id: wireId,
  header_names: { signature: 'X-Webhook-Signature' },
  ...signsBody('hex'),
  ...POST_JSON,
  https_only: true,
  timeout_ms: 10_000,
  retry: fiveAttempts,
  secret: hexSecret('always'),
  catalog: connect2printCatalog,
});
