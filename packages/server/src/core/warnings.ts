import type { ClientCertificateInfo } from './client-certificate.ts';
import { closestName } from './closest-name.ts';
import { ALWAYS_DELIVERED } from './event.ts';
import { isOperational } from './operational-events.ts';

export const warningCodes = [
  'no_hook_subscribed',
  'unknown_event_type',
  'duplicate_url',
  'duplicate_name',
  'weak_secret',
  'client_certificate_expires',
  'client_certificate_unused',
  'url_refused',
  'filter_field_unknown',
] as const;

/** A remark on a call that succeeded: probably not what the caller wants. `message` is written for people. */
export interface Warning {
  readonly code: (typeof warningCodes)[number];
  readonly message: string;
}

/** The names in a catalog. */
type Names = Pick<ReadonlyMap<string, unknown>, 'has' | 'keys' | 'size'>;

const meant = (name: string | null): string => (name === null ? '' : ` Did you mean "${name}"?`);

interface Unsent {
  readonly type: string;
  readonly tenant?: string | undefined;
  readonly hook_ids?: readonly string[] | undefined;
}

const noHook = ({ type, tenant, hook_ids }: Unsent): Warning => {
  const hooks = hook_ids === undefined ? 'No hook' : 'No hook in hook_ids';
  const owned = tenant === undefined ? '' : ` of the tenant ${tenant}`;
  return {
    code: 'no_hook_subscribed',
    message: `${hooks}${owned} is subscribed to ${type}, so the event is stored but not delivered.`,
  };
};

/** Why an event does not reach a hook. `suggest` finds the type that is probably meant. */
export const unsentWarnings = <C extends Names>(
  event: Unsent,
  catalog: C,
  suggest: (type: string, catalog: C) => string | null,
): readonly Warning[] => {
  const { type } = event;
  if (catalog.size === 0 || catalog.has(type) || ALWAYS_DELIVERED.includes(type)) return [noHook(event)];
  const message = `The catalog has no event type "${type}".${meant(suggest(type, catalog))}`;
  return [noHook(event), { code: 'unknown_event_type', message }];
};

/** Entries of a hook's `events` that are checked, which bounds the time and the answer. */
const ENTRIES_MAX = 20;

/** `order.` of `order.created`, and every shorter prefix. */
const prefixesOf = (names: Iterable<string>): ReadonlySet<string> => {
  const prefixes = new Set<string>();
  for (const name of names) {
    for (let at = name.indexOf('.'); at !== -1; at = name.indexOf('.', at + 1))
      prefixes.add(name.slice(0, at + 1));
  }
  return prefixes;
};

/** Entries of a hook's `events` that match nothing in a catalog, at most 20. An empty catalog causes no warnings. */
export const subscriptionWarnings = (events: readonly string[], catalog: Names): readonly Warning[] => {
  if (catalog.size === 0) return [];
  const prefixes = prefixesOf(catalog.keys());
  const isKnown = (entry: string): boolean =>
    entry === '*' ||
    isOperational(entry) ||
    ALWAYS_DELIVERED.includes(entry) ||
    (entry.endsWith('.*') ? prefixes.has(entry.slice(0, -1)) : catalog.has(entry));
  const suggest = (entry: string): string | null => {
    if (!entry.endsWith('.*')) return closestName(entry, catalog.keys());
    const prefix = closestName(entry.slice(0, -1), prefixes);
    return prefix === null ? null : `${prefix}*`;
  };
  return events
    .filter((entry) => !isKnown(entry))
    .slice(0, ENTRIES_MAX)
    .map((entry) => ({
      code: 'unknown_event_type',
      message: `"${entry}" in events matches no event type of the catalog.${meant(suggest(entry))}`,
    }));
};

/** Another hook of the same tenant with the same URL or name. */
export interface Twins {
  readonly same_url: string | null;
  readonly same_name: string | null;
}

export const twinWarnings = ({ same_url, same_name }: Twins): readonly Warning[] => [
  ...(same_url === null
    ? []
    : [
        {
          code: 'duplicate_url' as const,
          message: `The hook ${same_url} has the same URL: its receiver gets events that both are subscribed to twice.`,
        },
      ]),
  ...(same_name === null
    ? []
    : [{ code: 'duplicate_name' as const, message: `The hook ${same_name} has the same name.` }]),
];

/** The warning about a stored URL to which the settings no longer allow to send; `problem` is null for others. */
export const urlWarnings = (problem: string | null): readonly Warning[] =>
  problem === null ? [] : [{ code: 'url_refused', message: `Deliveries to this hook fail. ${problem}` }];

/** Warnings about an accepted but weak secret. */
export const secretWarnings = (value: string | null): readonly Warning[] =>
  value !== null && value.length < 16
    ? [
        {
          code: 'weak_secret',
          message: 'The secret is shorter than 16 characters and easy to guess. Rotate it to a longer one.',
        },
      ]
    : [];

const EXPIRY_WARNING_MS = 30 * 86_400_000;

/** Warnings about the client certificate of a hook: it ends within 30 days, or is not used. */
export const certificateWarnings = (
  hook: { readonly url: string; readonly client_certificate: ClientCertificateInfo | null },
  now: number,
): readonly Warning[] => {
  const { url, client_certificate } = hook;
  if (client_certificate === null) return [];
  const { expires_at } = client_certificate;
  const expires = new Date(expires_at).toISOString();
  const when = expires_at <= now ? `expired on ${expires}` : `expires on ${expires}`;
  return [
    ...(expires_at - now > EXPIRY_WARNING_MS
      ? []
      : [
          {
            code: 'client_certificate_expires' as const,
            message: `The client certificate ${when}. Set client_certificate to a new one.`,
          },
        ]),
    ...(new URL(url).protocol === 'https:'
      ? []
      : [
          {
            code: 'client_certificate_unused' as const,
            message: 'The URL is not https, so the client certificate is not used.',
          },
        ]),
  ];
};
