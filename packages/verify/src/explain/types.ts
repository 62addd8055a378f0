import type { Bytes } from './bytes.ts';
import type { Finding } from './finding.ts';
import type { Format } from './format.ts';
import type { Headers } from './headers.ts';
import type { Difference, Segment } from './show.ts';

/** A secret to try, and whose it is. */
export interface KnownSecret {
  readonly value: string;
  /** `expired`: its grace period has ended. `other`: of another hook. */
  readonly role: 'current' | 'previous' | 'expired' | 'other';
  /** The hook, for `other`. */
  readonly hook_id: string | null;
}

/** A request of the same delivery, as it was sent. */
export interface SentRequest {
  readonly attempt: number;
  /** Header values by lower-case name. */
  readonly headers: Headers;
  /** Null after the payload was removed. */
  readonly body: string | null;
}

export interface ExplainInput {
  /** Null if the dialect is not known. */
  readonly format: Format | null;
  readonly headers: Headers;
  readonly body: Bytes;
  readonly secrets: readonly KnownSecret[];
  /** The time of arrival, in milliseconds since 1970. */
  readonly now: number;
  readonly tolerance_s: number;
  /** What records show in place of a secret header value. */
  readonly hidden_value?: string;
  readonly sent?: readonly SentRequest[];
}

/** A header that the dialect reads; the value is null if it is missing. */
export interface ReadHeader {
  readonly name: string;
  readonly role: 'signature' | 'timestamp' | 'id';
  readonly value: string | null;
}

/** The result: the finding and the facts. It contains no secret. */
export interface Explanation {
  /** Null if it is not known. */
  readonly dialect: string | null;
  /** How the dialect signs, in words. */
  readonly scheme: string | null;
  /** The verdict of `verify`. */
  readonly verified: boolean;
  readonly finding: Finding;
  readonly headers: readonly ReadHeader[];
  /** The bytes that the receiver must sign; null where nothing is computed from the request. */
  readonly signed: {
    readonly bytes: number;
    readonly prefix: string;
    readonly body: readonly Segment[];
  } | null;
  /** The value of the signature header; null if it is missing or is the secret itself. */
  readonly received: string | null;
  /** The signature of the body that arrived; null without a secret that signs. */
  readonly expected: string | null;
  /** Seconds from signing to arrival: negative if the sender's clock is ahead. Null without a time. */
  readonly age_seconds: number | null;
  /** How the body that was signed differs, if that body is known. */
  readonly difference: Difference | null;
}
