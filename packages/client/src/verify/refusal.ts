/**
 * Why a request was not taken.
 *
 * - `secret_unusable`: none of the secrets can sign anything: empty, or `whsec_` without base64 behind it.
 * - `header_missing`: a header that the dialect always sends is absent or empty.
 * - `timestamp_malformed`, `clock_off`: the time of signing is no time, or too far from ours.
 * - `signature_mismatch`: no secret gives this signature for this body.
 * - `body_changed`: the same, and something between the sender and here is known to have rewritten the body.
 * - `body_parsed`: the raw body is not there any more; a middleware read it.
 * - `body_too_large`: it is longer than the limit.
 */
export type RefusalReason =
  | 'secret_unusable'
  | 'header_missing'
  | 'timestamp_malformed'
  | 'clock_off'
  | 'signature_mismatch'
  | 'body_changed'
  | 'body_parsed'
  | 'body_too_large';

export interface Refused {
  readonly accepted: false;
  readonly reason: RefusalReason;
  /** What is wrong and what to look at, in a sentence. Holds no secret, no signature and nothing of the body. */
  readonly message: string;
}

export const refused = (reason: RefusalReason, message: string): Refused => ({
  accepted: false,
  reason,
  message,
});
