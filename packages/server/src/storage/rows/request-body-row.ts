import type { Selectable } from 'kysely';
import { sha256 } from '../../core/signing.ts';
import type { AttemptedSettlement } from '../../ports/store.ts';
import type { Schema } from '../schema.ts';

export type RequestBodyRow = Selectable<Schema['bellwire_request_bodies']>;

/** Longer bodies are stored once per event: an event of a megabyte can have thousands of attempts. */
const INLINE_MAX = 16_384;

/** The row of the body that an attempt has sent; null for a body that is stored with the attempt, or none. */
export const toRequestBodyRow = ({ delivery, attempt }: AttemptedSettlement): RequestBodyRow | null => {
  const body = attempt.request?.body ?? '';
  if (body.length <= INLINE_MAX) return null;
  return { event_id: delivery.event_id, hash: Buffer.from(sha256(body)).toString('hex'), body };
};
