import type { EventMetadata } from '../core/event.ts';
import type { StoredJson } from '../core/stored-json.ts';
import type { Page, PageQuery } from './page.ts';
import type { EventReceipt } from './store.ts';

/** An event without its payload. */
export interface EventSummary extends EventReceipt {
  readonly payload_expired_at: number | null;
  readonly metadata: EventMetadata;
}

export interface EventPayload {
  /** Null if the payload was removed. */
  readonly data: StoredJson | null;
  readonly previous_data: StoredJson | null;
}

export type StoredEvent = EventSummary & EventPayload;

export interface EventFilter {
  readonly type?: string | undefined;
  /** The event's id as receivers see it: its own, or that of a dialect. */
  readonly wire_id?: string | undefined;
  readonly tenant?: string | undefined;
  readonly idempotency_key?: string | undefined;
  /** Events with all of these values. */
  readonly metadata?: EventMetadata | undefined;
}

/** The events that the API lists. */
export interface Events {
  readonly list: (workspace_id: string, filter: EventFilter, page: PageQuery) => Promise<Page<EventSummary>>;
  readonly listWithPayloads: (
    workspace_id: string,
    filter: EventFilter,
    page: PageQuery,
  ) => Promise<Page<StoredEvent>>;
  readonly get: (workspace_id: string, id: string) => Promise<StoredEvent | null>;
}
