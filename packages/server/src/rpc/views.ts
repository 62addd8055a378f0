import { z } from 'zod';
import { HIDDEN_VALUE } from '../core/custom-headers.ts';
import { deliveryStatuses } from '../core/delivery.ts';
import { hookStatuses } from '../core/hook.ts';
import type { EventReceipt } from '../engine/ports.ts';
import type {
  ApiKey,
  AuditEntry,
  EventType,
  ListedHook,
  StoredAttempt,
  StoredDelivery,
  StoredEvent,
  Workspace,
} from '../engine/records.ts';
import { keyScopes } from '../engine/records.ts';
import { anyJson, jsonObject } from './fields.ts';

const iso = (time: number): string => new Date(time).toISOString();
/** ISO 8601 of a time in milliseconds. */
export const isoOrNull = (time: number | null): string | null => (time === null ? null : iso(time));

export const pageOf = <T extends z.ZodType>(view: T) =>
  z.object({ data: z.array(view), next_cursor: z.string().nullable() });

export const hookView = z.object({
  id: z.string(),
  number: z.int(),
  name: z.string(),
  url: z.string(),
  events: z.array(z.string()),
  method: z.string(),
  content_type: z.string(),
  dialect: z.string(),
  status: z.enum(hookStatuses),
  active: z.boolean(),
  insecure_ssl: z.boolean(),
  max_attempts: z.int().nullable(),
  timeout_ms: z.int().nullable(),
  /** Names with `[secret]` in the place of their values. */
  headers: z.record(z.string(), z.string()),
  validated_at: z.string().nullable(),
  disabled_reason: z.enum(['attempts_exhausted', 'gone_410', 'failing']).nullable(),
  consecutive_failures: z.int(),
  created_at: z.string(),
  updated_at: z.string(),
});

export const viewHook = (hook: ListedHook): z.infer<typeof hookView> => ({
  id: hook.id,
  number: hook.number,
  name: hook.name,
  url: hook.url,
  events: [...hook.events],
  method: hook.method,
  content_type: hook.content_type,
  dialect: hook.dialect,
  status: hook.status,
  active: hook.status === 'active',
  insecure_ssl: hook.insecure_ssl,
  max_attempts: hook.max_attempts,
  timeout_ms: hook.timeout_ms,
  headers: Object.fromEntries(hook.header_names.map((name) => [name, HIDDEN_VALUE])),
  validated_at: isoOrNull(hook.validated_at),
  disabled_reason: hook.disabled_reason,
  consecutive_failures: hook.consecutive_failures,
  created_at: iso(hook.created_at),
  updated_at: iso(hook.updated_at),
});

export const receiptView = z.object({
  id: z.string(),
  type: z.string(),
  occurred_at: z.string(),
  created_at: z.string(),
  idempotency_key: z.string().nullable(),
  deliveries: z.int(),
});

export const viewReceipt = (receipt: EventReceipt): z.infer<typeof receiptView> => ({
  id: receipt.id,
  type: receipt.type,
  occurred_at: iso(receipt.occurred_at),
  created_at: iso(receipt.created_at),
  idempotency_key: receipt.idempotency_key,
  deliveries: receipt.deliveries,
});

export const eventView = receiptView.extend({ data: jsonObject, previous_data: jsonObject.nullable() });

export const viewEvent = (event: StoredEvent): z.infer<typeof eventView> => ({
  ...viewReceipt(event),
  data: event.data,
  previous_data: event.previous_data,
});

const trigger = z.enum(['scheduled', 'manual', 'ping', 'test', 'validate']);

export const deliveryView = z.object({
  id: z.string(),
  event_id: z.string(),
  event_type: z.string(),
  hook_id: z.string(),
  trigger,
  status: z.enum(deliveryStatuses),
  attempt_count: z.int(),
  next_attempt_at: z.string().nullable(),
  failure_reason: z.string().nullable(),
  created_at: z.string(),
  updated_at: z.string(),
});

export const viewDelivery = (delivery: StoredDelivery): z.infer<typeof deliveryView> => ({
  id: delivery.id,
  event_id: delivery.event_id,
  event_type: delivery.event_type,
  hook_id: delivery.hook_id,
  trigger: delivery.trigger,
  status: delivery.status,
  attempt_count: delivery.attempts,
  next_attempt_at: isoOrNull(delivery.next_attempt_at),
  failure_reason: delivery.failure_reason,
  created_at: iso(delivery.created_at),
  updated_at: iso(delivery.updated_at),
});

export const attemptView = z.object({
  id: z.string(),
  number: z.int(),
  trigger,
  outcome: z.string(),
  outcome_detail: z.string().nullable(),
  started_at: z.string(),
  duration_ms: z.number(),
  timings: anyJson,
  request: z
    .object({
      method: z.string(),
      url: z.string(),
      headers: z.record(z.string(), z.string()),
      body: z.string(),
    })
    .nullable(),
  response: z
    .object({
      status: z.int(),
      headers: z.record(z.string(), z.string()),
      body: z.string(),
      body_truncated: z.boolean(),
    })
    .nullable(),
});

const viewRequest = (request: StoredAttempt['request']): z.infer<typeof attemptView>['request'] =>
  request === null
    ? null
    : {
        ...request,
        headers: Object.fromEntries(
          Object.entries(request.headers).map(([name, value]) => [
            name,
            typeof value === 'string' ? value : HIDDEN_VALUE,
          ]),
        ),
      };

export const viewAttempt = (attempt: StoredAttempt): z.infer<typeof attemptView> => ({
  id: attempt.id,
  number: attempt.number,
  trigger: attempt.trigger,
  outcome: attempt.outcome,
  outcome_detail: attempt.outcome_detail,
  started_at: iso(attempt.started_at),
  duration_ms: attempt.duration_ms,
  timings: attempt.timings === null ? null : { ...attempt.timings },
  request: viewRequest(attempt.request),
  response:
    attempt.response === null ? null : { ...attempt.response, headers: { ...attempt.response.headers } },
});

export const workspaceView = z.object({
  id: z.string(),
  name: z.string(),
  dialect: z.string(),
  strict: z.boolean(),
  created_at: z.string(),
  updated_at: z.string(),
});

export const viewWorkspace = (workspace: Workspace): z.infer<typeof workspaceView> => ({
  ...workspace,
  created_at: iso(workspace.created_at),
  updated_at: iso(workspace.updated_at),
});

export const keyView = z.object({
  id: z.string(),
  workspace_id: z.string().nullable(),
  name: z.string(),
  scope: z.enum(keyScopes),
  hint: z.string(),
  created_at: z.string(),
});

export const viewKey = (key: ApiKey): z.infer<typeof keyView> => ({
  ...key,
  created_at: iso(key.created_at),
});

export const eventTypeView = z.object({
  name: z.string(),
  description: z.string(),
  schema: jsonObject.nullable(),
  example: jsonObject.nullable(),
  created_at: z.string(),
  updated_at: z.string(),
});

export const viewEventType = (type: EventType): z.infer<typeof eventTypeView> => ({
  ...type,
  created_at: iso(type.created_at),
  updated_at: iso(type.updated_at),
});

export const auditView = z.object({
  id: z.string(),
  at: z.string(),
  by: z.string(),
  action: z.string(),
  subject: z.string(),
});

export const viewAudit = (entry: AuditEntry): z.infer<typeof auditView> => ({
  id: entry.id,
  at: iso(entry.at),
  by: entry.by,
  action: entry.action,
  subject: entry.subject,
});
