import type { GivenCertificate } from '../core/client-certificate.ts';
import type { RateLimit } from '../core/rate-limit.ts';
import { parseDuration } from '../core/durations.ts';
import type { Method } from '../dialects/dialect.ts';

/** The fields that a user sets on a hook. */
export interface HookInput {
  readonly url: string;
  readonly events: readonly string[];
  /** Which events of these types the hook gets; null for all. */
  readonly filter?: string | null | undefined;
  /** The user's id for the customer that the hook belongs to; `*` for every customer. */
  readonly tenant?: string | undefined;
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly method?: Method | undefined;
  /** A media type. */
  readonly content_type?: string | undefined;
  readonly ordered?: boolean | undefined;
  /** A dotted path into the data of events; only with `ordered`. */
  readonly order_key?: string | null | undefined;
  readonly dialect?: string | undefined;
  readonly secret?: string | null | undefined;
  readonly active?: boolean | undefined;
  readonly insecure_ssl?: boolean | undefined;
  readonly max_attempts?: number | null | undefined;
  /** The delay before each attempt, as valid durations; the first is 0. */
  readonly retry_schedule?: readonly string[] | null | undefined;
  readonly timeout_ms?: number | null | undefined;
  readonly rate_limit?: RateLimit | null | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly client_certificate?: GivenCertificate | null | undefined;
}

/** A hook to create. */
export interface NewHookInput extends HookInput {
  /** Creates the hook once, unique for its tenant. */
  readonly idempotency_key?: string | undefined;
}

/** The delays of an input in milliseconds. */
export const toDelays = (schedule: readonly string[] | null): readonly number[] | null =>
  schedule === null ? null : schedule.map((delay) => parseDuration(delay) ?? 0);

export type HookPatch = {
  readonly [K in keyof Omit<HookInput, 'dialect' | 'tenant'>]?: HookInput[K] | undefined;
};
