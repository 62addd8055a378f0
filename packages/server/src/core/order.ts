import type { DeliveryStatus } from './delivery.ts';
import type { JsonObject } from './json.ts';
import { sha256 } from './signing.ts';

/** The key of all deliveries of an ordered hook without `order_key`, and of events that lack the value. */
export const NO_KEY = '';

/** Maximum characters of a key; a longer one is replaced by its digest. */
const KEY_MAX = 256;

/** The setting of a hook. */
export interface OrderSetting {
  readonly ordered: boolean;
  /** A dotted path into the data of events; null for one order of the whole hook. */
  readonly order_key: string | null;
}

const valueAt = (data: JsonObject, path: string): unknown => {
  let value: unknown = data;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return value;
};

/** PostgreSQL does not store NUL in a text, and UTF-8 has no unpaired surrogates. */
const isStorable = (key: string): boolean =>
  key.length <= KEY_MAX && key.isWellFormed() && !key.includes('\u0000');

/**
 * The key of an event at a hook with this `order_key`: deliveries of one hook with the same key are sent one at a time.
 * A string, number or boolean in the data; everything else counts as missing, which is a key of its own. The number 7 and
 * the text `7` are the same key.
 */
export const orderKeyOf = (data: JsonObject, path: string | null): string => {
  const value = path === null ? undefined : valueAt(data, path);
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return NO_KEY;
  const key = String(value);
  return isStorable(key) ? key : `sha256:${Buffer.from(sha256(key)).toString('base64url')}`;
};

/** The part of an event that decides whether its deliveries are ordered. */
interface Orderable {
  readonly trigger: string;
  readonly deliver_at: number | null;
}

/**
 * Whether the delivery of an event takes a place in the order of its hook. Pings, tests and validations do not, nor do
 * events with a `deliver_at`: later events would wait for them until then.
 */
export const takesPlace = ({ ordered }: OrderSetting, { trigger, deliver_at }: Orderable): boolean =>
  ordered && trigger === 'scheduled' && deliver_at === null;

/**
 * Whether a delivery keeps its place in the order, and so blocks the deliveries behind it. A failed one does, until it is
 * skipped, sent again successfully, or deleted.
 */
export const keepsPlace = (status: DeliveryStatus): boolean =>
  status !== 'succeeded' && status !== 'canceled';

/** The first delivery of a key. */
export interface OrderHead {
  readonly status: DeliveryStatus;
  readonly next_attempt_at: number | null;
}

/** Whether a delivery that waited for others of its key can be sent now that it is the first. */
export const isReleased = ({ status, next_attempt_at }: OrderHead): boolean =>
  status === 'pending' && next_attempt_at === null;

/** A dotted path: names of 1 or more characters, 256 characters altogether. */
export const isOrderPath = (path: string): boolean => /^[^.\s]+(?:\.[^.\s]+)*$/u.test(path);
