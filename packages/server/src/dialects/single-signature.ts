import { makeHexSecret } from '../core/secrets.ts';
import { type Encoding, hmacSha256 } from '../core/signing.ts';
import type { Dialect, SecretRule } from './dialect.ts';

/** Secrets that are 40 hex digits when they are made up, and any text when they are given. */
export const hexSecret = (presence: SecretRule['presence']): SecretRule => ({
  presence,
  make: makeHexSecret,
  refuse: () => null,
});

/** The differences of a dialect whose one signature is an HMAC over the body. */
export const signsBody = (encoding: Encoding, prefix = ''): Pick<Dialect, 'sign' | 'signs_with'> => ({
  sign: ({ body, secrets: [secret] }) => prefix + hmacSha256(secret, { prefix: '', body }, encoding),
  signs_with: 'one',
});

/** The differences of a dialect whose receivers take nothing but a POST of JSON. */
export const POST_JSON = {
  methods: ['POST'],
  content_types: ['application/json'],
} as const satisfies Partial<Dialect>;
