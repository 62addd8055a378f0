import { makeHexSecret } from '../core/secrets.ts';
import { type Encoding, hmacSha256 } from '../core/signing.ts';
import type { Dialect, SecretRule } from './dialect.ts';

/** Generated secrets are 40 hex digits; a given secret may be any text. */
export const hexSecret = (presence: SecretRule['presence']): SecretRule => ({
  presence,
  make: makeHexSecret,
  refuse: () => null,
});

/** The fields of a dialect whose only signature is an HMAC over the body. */
export const signsBody = (encoding: Encoding, prefix = ''): Pick<Dialect, 'sign' | 'signs_with'> => ({
  sign: ({ body, secrets: [secret] }) => prefix + hmacSha256(secret, { prefix: '', body }, encoding),
  signs_with: 'one',
});

/** The fields of a dialect that only sends JSON by POST. */
export const POST_JSON = {
  methods: ['POST'],
  content_types: ['application/json'],
} as const satisfies Partial<Dialect>;
