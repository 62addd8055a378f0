import type { BodyChange } from './body-changes.ts';

/** Every reason why a request verifies or does not. */
export const findingCodes = [
  'verified',
  'verified_previous_secret',
  'dialect_unknown',
  'header_missing',
  'header_hidden',
  'signature_malformed',
  'signature_prefix_wrong',
  'signature_encoding_wrong',
  'signature_kind_wrong',
  'timestamp_malformed',
  'timestamp_outside_tolerance',
  'timestamp_not_signed',
  'secret_missing',
  'secret_unusable',
  'secret_misread',
  'secret_expired',
  'secret_of_other_hook',
  'secret_wrong',
  'other_attempt',
  'body_changed',
] as const;

export type FindingCode = (typeof findingCodes)[number];

/** How a secret was turned into a key, other than as the dialect specifies. */
export const misreadings = [
  'prefix_kept',
  'prefix_lost',
  'not_decoded',
  'decoded',
  'hex_decoded',
  'space_around',
  'quotes_around',
] as const;

export type Misreading = (typeof misreadings)[number];

/** The likeliest reason. Fields that do not apply are null. */
export interface Finding {
  readonly code: FindingCode;
  /** Whether it was proved: with this corrected, the signature matches. */
  readonly is_proved: boolean;
  /** The header that is missing or malformed. */
  readonly header: string | null;
  /** Received headers that look like the missing one. */
  readonly similar_headers: readonly string[];
  /** The change of the body, for `body_changed`. */
  readonly body_change: BodyChange | null;
  /** How the secret was misread, for `secret_misread`. */
  readonly misreading: Misreading | null;
  /** The hook with the matching secret, for `secret_of_other_hook`. */
  readonly hook_id: string | null;
  /** The attempt with this signature, for `other_attempt`. */
  readonly attempt: number | null;
}

/** A finding with the fields that apply. */
export const finding = (code: FindingCode, fields: Partial<Finding> = {}): Finding => ({
  code,
  is_proved: false,
  header: null,
  similar_headers: [],
  body_change: null,
  misreading: null,
  hook_id: null,
  attempt: null,
  ...fields,
});
