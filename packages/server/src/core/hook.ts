import type { ClientCertificate } from './client-certificate.ts';
import type { LastOutcome } from './error-text.ts';
import { ALWAYS_DELIVERED } from './event.ts';
import { isOperational } from './operational-events.ts';
import type { RateLimit } from './rate-limit.ts';

/** `active`; `paused` by the user; `disabled` by Bellwire; `unvalidated`. All but `active` hold their deliveries. */
export const hookStatuses = ['active', 'paused', 'disabled', 'unvalidated'] as const;
export type HookStatus = (typeof hookStatuses)[number];

export type DisabledReason = 'attempts_exhausted' | 'gone_410' | 'failing';

/** A registration: a URL, its event types and their wire format. */
export interface Hook {
  readonly id: string;
  /** An integer id for the wire formats that need one. Unique in the installation. */
  readonly number: number;
  readonly workspace_id: string;
  /** Null without tenants; `*` for a hook that receives the events of every tenant. */
  readonly tenant: string | null;
  readonly name: string;
  /** Free text of the user. */
  readonly description: string;
  /** The user's own data, never sent to receivers. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly url: string;
  readonly events: readonly string[];
  /** Which events of these types it receives, see filter/; null for all. */
  readonly filter: string | null;
  readonly method: string;
  readonly content_type: string;
  /** Whether its deliveries are sent one at a time, in the order of their events. */
  readonly ordered: boolean;
  /** A dotted path into the data of events: the order is kept only within its values. Null for one order. */
  readonly order_key: string | null;
  readonly dialect: string;
  readonly status: HookStatus;
  readonly disabled_reason: DisabledReason | null;
  readonly insecure_ssl: boolean;
  readonly max_attempts: number | null;
  /** The delay before each attempt in milliseconds; null uses the schedule of the configuration or the dialect. */
  readonly retry_schedule: readonly number[] | null;
  readonly timeout_ms: number | null;
  /** Null for no limit. */
  readonly rate_limit: RateLimit | null;
  readonly validated_at: number | null;
  readonly consecutive_failures: number;
  readonly failing_since: number | null;
  /** The last failed attempt that counted; null if there was none. */
  readonly last_failure: (LastOutcome & { readonly at: number }) | null;
  readonly created_at: number;
  readonly updated_at: number;
}

export interface Secret {
  readonly value: string;
  /** Null for the current secret; a previous one signs until then. */
  readonly expires_at: number | null;
}

/** A hook without its failure counters, which change with every attempt. */
export type HookConfig = Omit<Hook, 'consecutive_failures' | 'failing_since' | 'last_failure'>;

/** A hook with its custom headers, client certificate and secrets, newest first: the current secret, then the previous ones. */
export interface SendableHook extends HookConfig {
  readonly headers: Readonly<Record<string, string>>;
  readonly client_certificate: ClientCertificate | null;
  readonly secrets: readonly Secret[];
}

/**
 * The secrets that sign at `now`. `all`: every live secret, the current one first. `one`: the oldest live secret, so
 * that receivers that know only one have the whole grace period to switch.
 */
export const signingSecrets = (
  { secrets }: Pick<SendableHook, 'secrets'>,
  signs_with: 'all' | 'one',
  now: number,
): readonly string[] => {
  const live = secrets
    .filter(({ expires_at }) => expires_at === null || expires_at > now)
    .map(({ value }) => value);
  return signs_with === 'all' ? live : live.slice(-1);
};

/**
 * Whether an entry of a hook's `events` covers a type: an exact name, `order.*` for any depth below `order.`, or `*` for
 * all but Bellwire's own.
 */
const covers = (entry: string, type: string): boolean =>
  entry === type ||
  (entry === '*' && !isOperational(type)) ||
  (entry.endsWith('.*') && type.startsWith(entry.slice(0, -1)));

/** Whether a hook receives events of a type. */
export const isSubscribed = (hook: Pick<Hook, 'events'>, type: string): boolean =>
  ALWAYS_DELIVERED.includes(type) || hook.events.some((entry) => covers(entry, type));
