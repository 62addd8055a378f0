import type { Hook } from '@bellwire/client';
import type { Words } from '../../../words/words.ts';
import type { DialectForm, FieldName } from './dialect-form.ts';
import type { DialectRules } from './dialect-rules.ts';

export type Pair = readonly [name: string, value: string];

export interface CertificatePair {
  readonly certificate: string;
  readonly key: string;
}

export const NO_CERTIFICATE: CertificatePair = { certificate: '', key: '' };

/** The values of the form, as they are typed. */
export interface HookDraft {
  readonly url: string;
  readonly name: string;
  readonly description: string;
  readonly events: readonly string[];
  readonly filter: string;
  readonly secret_choice: 'generated' | 'own' | 'none';
  readonly secret: string;
  readonly active: boolean;
  readonly insecure_ssl: boolean;
  readonly method: string;
  readonly content_type: string;
  readonly ordered: boolean;
  readonly order_key: string;
  readonly max_attempts: string;
  /** Delays with commas between them. */
  readonly retry_schedule: string;
  readonly timeout_s: string;
  /** Like `100/minute`. */
  readonly rate_limit: string;
  /** Null keeps the stored ones, whose values cannot be read. */
  readonly headers: readonly Pair[] | null;
  readonly metadata: readonly Pair[];
  readonly tenant: string;
  /** In PEM. Null keeps the stored one, whose key cannot be read; empty is none. */
  readonly client_certificate: CertificatePair | null;
}

export const EMPTY_DRAFT: HookDraft = {
  url: '',
  name: '',
  description: '',
  events: [],
  filter: '',
  secret_choice: 'generated',
  secret: '',
  active: true,
  insecure_ssl: false,
  method: 'POST',
  content_type: 'application/json',
  ordered: false,
  order_key: '',
  max_attempts: '',
  retry_schedule: '',
  timeout_s: '',
  rate_limit: '',
  headers: [],
  metadata: [],
  tenant: '',
  client_certificate: NO_CERTIFICATE,
};

type Attempts = Pick<DialectForm, 'attempts'>;
type Shown = Pick<DialectForm, 'attempts' | 'secret' | 'fields'>;

/** The number of attempts that the form leaves out. */
const firstAttempt = ({ attempts }: Attempts): number => (attempts === 'retries' ? 1 : 0);

const numberText = (value: number | null): string => (value === null ? '' : String(value));

type RateLimit = NonNullable<Hook['rate_limit']>;

const PERIODS = ['second', 'minute', 'hour', 'day'] as const satisfies readonly RateLimit['per'][];

/** The rate limit as the form shows it. */
export const rateLimitText = (limit: RateLimit | null): string =>
  limit === null ? '' : `${limit.count}/${limit.per}`;

/** Null for none, undefined if the text is not a limit. */
const rateLimitOf = (text: string): RateLimit | null | undefined => {
  if (text.trim() === '') return null;
  const [, count, period] = /^([1-9]\d{0,6})\s*\/\s*([a-z]+)$/.exec(text.trim()) ?? [];
  const per = PERIODS.find((known) => known === period);
  return count === undefined || per === undefined ? undefined : { count: Number(count), per };
};

/** A stored hook as the form shows it. */
export const draftOf = (hook: Hook, form: Attempts): HookDraft => ({
  ...EMPTY_DRAFT,
  url: hook.url,
  name: hook.name,
  description: hook.description,
  events: hook.events,
  filter: hook.filter ?? '',
  active: hook.active,
  insecure_ssl: hook.insecure_ssl,
  method: hook.method,
  content_type: hook.content_type,
  ordered: hook.ordered,
  order_key: hook.order_key ?? '',
  max_attempts: numberText(hook.max_attempts === null ? null : hook.max_attempts - firstAttempt(form)),
  retry_schedule: hook.retry_schedule?.join(', ') ?? '',
  timeout_s: numberText(hook.timeout_ms === null ? null : hook.timeout_ms / 1000),
  rate_limit: rateLimitText(hook.rate_limit),
  headers: Object.keys(hook.headers).length === 0 ? [] : null,
  metadata: Object.entries(hook.metadata),
  tenant: hook.tenant ?? '',
  client_certificate: hook.client_certificate === null ? NO_CERTIFICATE : null,
});

const MAX_ATTEMPTS = 20;
const MAX_TIMEOUT_S = 60;
const MIN_TIMEOUT_S = 0.1;

type Problems = Partial<Record<FieldName, string>>;

/** Missing values and values out of range, by field. The server checks the rest. */
export const problemsOf = (draft: HookDraft, form: Attempts, words: Words['hook_form']): Problems => {
  const first = firstAttempt(form);
  const [from, to] = [1 - first, MAX_ATTEMPTS - first];
  const attempts = Number(draft.max_attempts);
  const timeout = Number(draft.timeout_s);
  const checks: readonly (readonly [FieldName, boolean, string])[] = [
    ['url', draft.url.trim() === '', words.problems.url],
    ['events', draft.events.length === 0, words.problems.events],
    ['order_key', !draft.ordered && draft.order_key.trim() !== '', words.problems.order_key],
    ['secret', draft.secret_choice === 'own' && draft.secret === '', words.problems.secret],
    [
      'max_attempts',
      draft.max_attempts !== '' && !(Number.isInteger(attempts) && attempts >= from && attempts <= to),
      words.problems.max_attempts(from, to),
    ],
    [
      'timeout',
      draft.timeout_s !== '' && !(timeout >= MIN_TIMEOUT_S && timeout <= MAX_TIMEOUT_S),
      words.problems.timeout,
    ],
    ['rate_limit', rateLimitOf(draft.rate_limit) === undefined, words.problems.rate_limit],
  ];
  return Object.fromEntries(checks.filter(([, wrong]) => wrong).map(([name, , problem]) => [name, problem]));
};

const mapOf = (pairs: readonly Pair[]): Record<string, string> =>
  Object.fromEntries(
    pairs.filter(([name]) => name.trim() !== '').map(([name, value]) => [name.trim(), value]),
  );

const attemptsOf = (draft: HookDraft, form: Attempts): number | null =>
  draft.max_attempts === '' ? null : Number(draft.max_attempts) + firstAttempt(form);

const scheduleOf = ({ retry_schedule }: HookDraft): string[] | null =>
  retry_schedule.trim() === '' ? null : retry_schedule.split(',').map((delay) => delay.trim());

const timeoutOf = ({ timeout_s }: HookDraft): number | null =>
  timeout_s === '' ? null : Math.round(Number(timeout_s) * 1000);

/** An empty secret leaves the choice to the rules of the dialect, and so does a form without an input for it. */
const secretOf = (draft: HookDraft, form: Shown): { readonly secret?: string | null } => {
  if (form.secret === 'generated') return {};
  if (draft.secret_choice === 'none') return { secret: null };
  return draft.secret === '' || draft.secret_choice === 'generated' ? {} : { secret: draft.secret };
};

const certificateOf = ({ client_certificate: pair }: HookDraft) => {
  if (pair === null) return {};
  const is_empty = pair.certificate.trim() === '' && pair.key.trim() === '';
  return { client_certificate: is_empty ? null : pair };
};

const orderOf = ({ ordered, order_key }: HookDraft) => ({
  ordered,
  order_key: order_key.trim() === '' ? null : order_key.trim(),
});

type Method = 'POST' | 'PUT' | 'PATCH' | 'DELETE';
type ContentType = 'application/json' | 'application/x-www-form-urlencoded';

/** The fields that a creation and a change have in common. */
const commonOf = (
  draft: HookDraft,
  form: Shown,
  { any_request, has_metadata = true }: DialectRules & { readonly has_metadata?: boolean },
) => ({
  url: draft.url.trim(),
  events: [...draft.events],
  filter: draft.filter.trim() === '' ? null : draft.filter.trim(),
  ...(draft.name.trim() === '' ? {} : { name: draft.name.trim() }),
  description: draft.description,
  ...(has_metadata ? { metadata: mapOf(draft.metadata) } : {}),
  insecure_ssl: draft.insecure_ssl,
  max_attempts: attemptsOf(draft, form),
  retry_schedule: scheduleOf(draft),
  timeout_ms: timeoutOf(draft),
  rate_limit: rateLimitOf(draft.rate_limit) ?? null,
  ...orderOf(draft),
  ...(draft.headers === null ? {} : { headers: mapOf(draft.headers) }),
  ...(any_request ? { method: draft.method as Method, content_type: draft.content_type as ContentType } : {}),
  ...certificateOf(draft),
  ...secretOf(draft, form),
});

interface Creation {
  readonly form: DialectForm;
  readonly rules: DialectRules;
  /** Null for the one of the workspace. */
  readonly dialect: string | null;
  /** False leaves the metadata to the server. */
  readonly has_metadata?: boolean;
}

/** The input of `hooks.create`. */
export const toCreation = (draft: HookDraft, { form, rules, dialect, has_metadata = true }: Creation) => ({
  ...commonOf(draft, form, { ...rules, has_metadata }),
  // A dialect with validation refuses `true`, so it is only named when it differs.
  ...(draft.active || !form.fields.includes('active') ? {} : { active: false }),
  ...(draft.tenant.trim() === '' ? {} : { tenant: draft.tenant.trim() }),
  ...(dialect === null ? {} : { dialect }),
});

/** The fields of `hooks.update` that differ from the stored hook; none is a change, too, which some dialects announce. */
export const toChanges = (
  draft: HookDraft,
  hook: Hook,
  { form, rules }: Pick<Creation, 'form' | 'rules'>,
): Partial<ReturnType<typeof commonOf>> & { readonly active?: boolean } => {
  const before: Readonly<Record<string, unknown>> = { ...hook };
  const after = { ...commonOf(draft, form, rules), active: draft.active };
  return Object.fromEntries(
    Object.entries(after).filter(
      ([name, value]) => name === 'secret' || JSON.stringify(value) !== JSON.stringify(before[name] ?? null),
    ),
  );
};
