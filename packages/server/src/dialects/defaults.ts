import { DISABLE_WHEN_FAILING, STANDARD_DELAYS_MS } from '../core/retry-schedule.ts';
import {
  ASYMMETRIC_PREFIX,
  isWellFormedStandardSecret,
  makeStandardSecret,
  SYMMETRIC_PREFIX,
} from '../core/secrets.ts';
import { signStandard } from '../core/signing.ts';
import { isoMilliseconds, wholeSeconds } from './times.ts';
import { contentTypes, type Dialect, methods, type SecretRule } from './dialect.ts';

/** Secrets in the Standard Webhooks format, and any other text, which is used as the key itself. */
const standardSecret: SecretRule = {
  presence: 'always',
  make: makeStandardSecret,
  refuse: (secret) =>
    [SYMMETRIC_PREFIX, ASYMMETRIC_PREFIX].some((prefix) => secret.startsWith(prefix)) &&
    !isWellFormedStandardSecret(secret)
      ? 'begins with "whsec_" or "whsk_", but a base64 key does not follow. Omit the secret to have one generated, or give one without that prefix to use its text as the key'
      : null,
};

/** The `standard` dialect without its name. Other dialects inherit every field that they do not define. */
export const standardDefaults: Omit<Dialect, 'name'> = {
  envelope: ({ event }) => ({
    type: event.type,
    timestamp: isoMilliseconds(event.occurred_at),
    data: event.data,
  }),
  header_names: { id: 'webhook-id', timestamp: 'webhook-timestamp', signature: 'webhook-signature' },
  id: ({ event }) => event.id,
  timestamp: wholeSeconds,
  event_name: (type) => type,
  sign: ({ id, timestamp, body, secrets }) =>
    secrets.map((secret) => signStandard(secret, { prefix: `${id}.${timestamp}.`, body })).join(' '),
  signs_with: 'all',
  signature_separator: ' ',
  fixed_headers: {},
  user_agent: null,
  content_type_suffix: '',
  methods,
  content_types: contentTypes,
  https_only: false,
  timeout_ms: 15_000,
  retry: { delays_ms: STANDARD_DELAYS_MS, disable: DISABLE_WHEN_FAILING },
  secret: standardSecret,
  handshake: 'none',
  ping: { data: {} },
  catalog: [],
  wire_id: null,
};
