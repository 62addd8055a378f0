import type { JsonObject } from './json.ts';

/** Why an attempt takes place. */
export const triggers = ['scheduled', 'manual', 'recovery', 'ping', 'test', 'validate'] as const;
export type Trigger = (typeof triggers)[number];

/** Whether failed attempts are retried on the schedule; all other triggers make a single attempt. */
export const hasSchedule = (trigger: Trigger): boolean => trigger === 'scheduled' || trigger === 'recovery';

/** The user's own data about an event, to find it by. Never sent to receivers. */
export type EventMetadata = Readonly<Record<string, string>>;

/** One fact accepted for sending. Immutable; its id is the `webhook-id` on every attempt. */
export interface Event {
  readonly id: string;
  readonly workspace_id: string;
  /** The user's id for the customer that the event belongs to; null without tenants. */
  readonly tenant: string | null;
  readonly type: string;
  readonly data: JsonObject;
  readonly previous_data: JsonObject | null;
  readonly occurred_at: number;
  readonly created_at: number;
}

/** The event types that reach every hook, regardless of its subscriptions. */
export const ALWAYS_DELIVERED: readonly string[] = ['ping', 'Webhook Validate'];
