import { validateCustomHeaders } from '../core/custom-headers.ts';
import { BellwireError, type Issue } from '../core/errors.ts';
import { ALWAYS_DELIVERED } from '../core/event.ts';
import { isSubscribed } from '../core/hook.ts';
import { isOperational, operationalTypes } from '../core/operational-events.ts';
import type { Dialect } from '../dialects/dialect.ts';
import type { HookInput } from './hook-input.ts';
import type { WorkspaceCatalog } from '../ports/store.ts';
import type { UrlPolicy, UrlVerdict } from '../ports/url-policy.ts';

/** A new hook, or the changes to one. */
type ValidatedHook = { readonly [K in keyof HookInput]?: HookInput[K] | undefined };

const validateSecret = (secret: string | null | undefined, dialect: Dialect): Issue | null => {
  if (secret === null && dialect.secret.presence === 'always') {
    return {
      path: 'secret',
      message: `cannot be null: every hook of the dialect "${dialect.name}" has a secret. Omit it to have one generated`,
    };
  }
  const refusal = typeof secret === 'string' ? dialect.secret.refuse(secret) : null;
  return refusal === null ? null : { path: 'secret', message: refusal };
};

const validateEvents = (events: readonly string[] | undefined, catalog: WorkspaceCatalog): readonly Issue[] =>
  catalog.strict && events !== undefined
    ? events
        .map((name, index) => ({ name, path: `events.${index}` }))
        .filter(
          ({ name }) =>
            !name.endsWith('*') &&
            !isOperational(name) &&
            !ALWAYS_DELIVERED.includes(name) &&
            !catalog.event_types.has(name),
        )
        .map(({ name, path }) => ({
          path,
          message: `"${name}" is not in the catalog of this strict workspace`,
        }))
    : [];

/** Why an entry for operational events is refused; null if it is accepted. */
export const operationalProblem = (entry: string, tenant: string | null | undefined): string | null => {
  if (tenant !== undefined && tenant !== null) {
    return `"${entry}" subscribes to operational events of Bellwire, which concern the whole workspace and not one customer. Remove it, or create a hook without a tenant`;
  }
  if (operationalTypes.some((type) => isSubscribed({ events: [entry] }, type))) return null;
  return `"${entry}" matches no operational event of Bellwire. Use "bellwire.*" for all, or one of ${operationalTypes.join(', ')}`;
};

const validateOperational = ({ events = [], tenant }: ValidatedHook): readonly Issue[] =>
  events.flatMap((entry, index) => {
    const message = isOperational(entry) ? operationalProblem(entry, tenant) : null;
    return message === null ? [] : [{ path: `events.${index}`, message }];
  });

const validateWire = (input: ValidatedHook, dialect: Dialect): readonly Issue[] => {
  const choices: readonly (readonly [path: string, value: string | undefined, allowed: readonly string[]])[] =
    [
      ['method', input.method, dialect.methods],
      ['content_type', input.content_type, dialect.content_types],
    ];
  const issues = choices
    .filter(
      ([, value, allowed]) => value !== undefined && !allowed.includes(value) && !allowed.includes('*/*'),
    )
    .map(([path, , allowed]) => ({
      path,
      message: `must be one of ${allowed.join(', ')} in the dialect "${dialect.name}"`,
    }));
  const taken = [...Object.values(dialect.header_names), ...Object.keys(dialect.fixed_headers)];
  return [...issues, ...validateCustomHeaders(input.headers ?? {}, taken)];
};

/** A key without an order would have no effect. */
const validateOrder = ({ ordered, order_key }: ValidatedHook): readonly Issue[] =>
  typeof order_key === 'string' && ordered !== true
    ? [{ path: 'order_key', message: 'requires ordered: true' }]
    : [];

const codes = ['url_refused', 'unknown_event_type', 'invalid_input'] as const;

/** The rules that a hook is checked against. */
export interface HookRules {
  readonly dialect: Dialect;
  readonly catalog: WorkspaceCatalog;
  readonly url_policy: UrlPolicy;
}

const validateUrl = (url: string | undefined, dialect: Dialect, url_policy: UrlPolicy): UrlVerdict => {
  if (url === undefined) return { ok: true };
  const verdict = url_policy.check(url);
  if (!verdict.ok || !dialect.https_only || new URL(url).protocol === 'https:') return verdict;
  return {
    ok: false,
    refusal: 'url_scheme',
    message: `The dialect "${dialect.name}" requires https. Serve the receiver over TLS; for a self-signed certificate in local development, set insecure_ssl.`,
  };
};

/**
 * Refuses an invalid hook and lists every issue; the code is that of the first one.
 * @throws BellwireError `url_refused`, `unknown_event_type`, `invalid_input`.
 */
export const validateHook = (input: ValidatedHook, { dialect, catalog, url_policy }: HookRules): void => {
  const verdict = validateUrl(input.url, dialect, url_policy);
  const secret = validateSecret(input.secret, dialect);
  const wrong = {
    url_refused: verdict.ok ? [] : [{ path: 'url', message: verdict.message }],
    unknown_event_type: validateEvents(input.events, catalog),
    invalid_input: [
      ...validateOperational(input),
      ...validateWire(input, dialect),
      ...validateOrder(input),
      ...(secret === null ? [] : [secret]),
    ],
  };
  const issues = Object.values(wrong).flat();
  const code = codes.find((one) => wrong[one].length > 0);
  if (code === undefined) return;
  throw new BellwireError(code, issues.map(({ path, message }) => `${path}: ${message}`).join('; '), {
    issues,
  });
};
