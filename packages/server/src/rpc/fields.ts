import { z } from 'zod';
import { type Json, isJsonObject, type JsonObject } from '../core/json.ts';
import { contentTypes, methods } from '../dialects/dialect.ts';

/** A JSON object as it was sent: not copied, so that no key is dropped or changed. */
export const jsonObject = z.custom<JsonObject>(isJsonObject, { error: 'must be a JSON object' });

const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9 ._-]*[A-Za-z0-9])?$/;
const NAME_RULE =
  'must begin and end with a letter or digit and hold nothing but letters, digits, dots, dashes, underscores and spaces';

/** `order.created`, `app-order-created`, `Site Plan Change`. */
export const eventTypeName = z
  .string()
  .max(128)
  .regex(NAME, NAME_RULE)
  .refine((name) => !name.includes('..'), 'must not have two dots in a row');

/** An entry of a hook's `events`: a name, `order.*` for everything below `order.`, or `*`. */
const subscription = z
  .string()
  .max(130)
  .refine(
    (entry) =>
      entry === '*' || eventTypeName.safeParse(entry.endsWith('.*') ? entry.slice(0, -2) : entry).success,
    `${NAME_RULE}; or be "*", or end in ".*" for everything below a prefix`,
  );

export const id = z.string().min(1).max(64);
export const label = z
  .string()
  .trim()
  .min(1)
  .max(128)
  .refine((text) => !/[\u0000-\u001f\u007f]/.test(text), 'must not have control characters');

export const isoTime = z.iso.datetime({ offset: true, error: 'must be a time like 2026-11-21T10:30:00Z' });

/** A time in milliseconds, of ISO 8601 text. */
export const toTime = (text: string): number => Date.parse(text);

export const page = { limit: z.int().min(1).max(1000).optional(), cursor: z.string().max(512).optional() };

export const sendInput = z.strictObject({
  type: eventTypeName,
  data: jsonObject,
  previous_data: jsonObject.nullable().optional(),
  occurred_at: isoTime.optional(),
  idempotency_key: z
    .string()
    .min(1)
    .max(256)
    .refine((key) => /^[\x20-\x7e]+$/.test(key), 'must be visible ASCII')
    .optional(),
  hook_ids: z.array(id).min(1).max(100).optional(),
});

export const hookFields = {
  url: z.string().min(1).max(2048),
  events: z.array(subscription).min(1, 'must name at least one event type; ["*"] is all of them').max(500),
  name: label.optional(),
  method: z.enum(methods).optional(),
  content_type: z.enum(contentTypes).optional(),
  active: z.boolean().optional(),
  insecure_ssl: z.boolean().optional(),
  max_attempts: z.int().min(1).max(20).nullable().optional(),
  timeout_ms: z.int().min(100).max(60_000).nullable().optional(),
  headers: z.record(z.string().max(64), z.string().max(4096)).optional(),
};

export const secret = z.string().min(1).max(256);

/** JSON as an answer carries it. */
export const anyJson = z.custom<Json>(() => true);
