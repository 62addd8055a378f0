import type { JsonObject } from './json.ts';

/** Why an attempt is made. All but `scheduled` are one attempt that is never retried by itself. */
export type Trigger = 'scheduled' | 'manual' | 'ping' | 'test' | 'validate';

/** One fact accepted for sending. Immutable; its id is the `webhook-id` on every attempt. */
export interface Event {
  readonly id: string;
  readonly workspace_id: string;
  /** The user's own id of the customer that the event belongs to; null without tenants. */
  readonly tenant: string | null;
  readonly type: string;
  readonly data: JsonObject;
  readonly previous_data: JsonObject | null;
  readonly occurred_at: number;
  readonly created_at: number;
}

/** The event types that reach every hook, whatever it subscribes to. */
export const ALWAYS_DELIVERED: readonly string[] = ['ping', 'Webhook Validate'];
