import { idAsUuid } from '../core/ids.ts';
import { hmacSha1 } from '../core/signing.ts';
import { defineDialect } from './define-dialect.ts';
import type { Dialect } from './dialect.ts';
import { hexSecret, signsBody } from './single-signature.ts';

/**
 * GitHub's format (docs.github.com, "Validating webhook deliveries"): the event's data unchanged, and `sha256=<hex>`
 * over the body. For the same format under other header names, spread it and replace `header_names`.
 */
export const github = defineDialect({
  name: 'github',
  envelope: ({ event }) => event.data,
  header_names: {
    id: 'X-GitHub-Delivery',
    event: 'X-GitHub-Event',
    hook: 'X-GitHub-Hook-ID',
    signature: 'X-Hub-Signature-256',
  },
  id: ({ event }) => idAsUuid(event.id),
  ...signsBody('hex', 'sha256='),
  timeout_ms: 10_000,
  secret: hexSecret('unless_null'),
  ping: { data: { zen: 'Keep it logically awesome.' } },
});

/** Overrides for `github`, for receivers that still verify the SHA-1 header. */
export const githubSha1: Pick<Dialect, 'header_names' | 'sign'> = {
  header_names: { ...github.header_names, signature: 'X-Hub-Signature' },
  sign: ({ body, secrets: [secret] }) => `sha1=${hmacSha1(secret, body)}`,
};
