import { defineDialect } from './define-dialect.ts';

/**
 * The Standard Webhooks specification (version 1): `v1,<base64>` HMAC-SHA256 over `id.timestamp.body`, one
 * signature for every live secret, separated by spaces. A `whsk_` key signs `v1a` (ed25519).
 */
export const standard = defineDialect({ name: 'standard' });
