import type { Filters } from '../../data/address.ts';

/** The filters of a list of events, as the API takes them. */
export interface EventQuery {
  readonly type?: string;
  readonly tenant?: string;
  readonly idempotency_key?: string;
  readonly wire_id?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

export const EVENT_FILTERS = ['type', 'tenant', 'idempotency_key', 'wire_id', 'metadata'] as const;

const TEXTS = ['type', 'tenant', 'idempotency_key', 'wire_id'] as const;

/** `order_id=1042` as a key and a value; null for a text without a key. */
const metadataOf = (text: string): Readonly<Record<string, string>> | null => {
  const at = text.indexOf('=');
  return at < 1 ? null : { [text.slice(0, at).trim()]: text.slice(at + 1).trim() };
};

export const toEventQuery = (filters: Filters): EventQuery => {
  const metadata = metadataOf(filters['metadata'] ?? '');
  return {
    ...Object.fromEntries(
      TEXTS.filter((name) => filters[name] !== undefined).map((name) => [name, filters[name]]),
    ),
    ...(metadata === null ? {} : { metadata }),
  };
};

/** The filters that a search sets, or the event that it names. */
export const searchOf = (
  text: string,
): { readonly event_id: string } | { readonly filters: Readonly<Record<string, string | null>> } => {
  if (text.startsWith('evt_')) return { event_id: text };
  const none = { idempotency_key: null, metadata: null };
  if (text === '') return { filters: none };
  return metadataOf(text) === null
    ? { filters: { ...none, idempotency_key: text } }
    : { filters: { ...none, metadata: text } };
};
