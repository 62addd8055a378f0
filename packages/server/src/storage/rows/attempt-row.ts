import type { Insertable, Selectable } from 'kysely';
import { attemptFields } from '../../core/attempt.ts';
import type { StoredAttempt } from '../../ports/repositories.ts';
import type { AttemptedSettlement, RecordedHeader } from '../../ports/store.ts';
import type { Schema } from '../schema.ts';

export type AttemptRow = Selectable<Schema['bellwire_attempts']>;
export type NewAttemptRow = Insertable<Schema['bellwire_attempts']>;

/** The row of an attempt that has just ended; `request_body_hash` is null unless its body has a row of its own. */
export const toAttemptRow = (
  { delivery, attempt }: AttemptedSettlement,
  request_body_hash: string | null,
): NewAttemptRow => {
  const { request, response } = attempt;
  const { timings, ...fields } = attemptFields(delivery, attempt);
  return {
    ...fields,
    id: attempt.id,
    workspace_id: delivery.workspace_id,
    delivery_id: delivery.id,
    hook_id: delivery.hook_id,
    started_at: attempt.started_at,
    timings: timings === null ? null : JSON.stringify(timings),
    remote_address: attempt.remote_address,
    request_method: request?.method ?? null,
    request_url: request?.url ?? null,
    request_headers: request === null ? null : JSON.stringify(request.headers),
    request_body: request_body_hash === null ? (request?.body ?? null) : null,
    request_body_hash,
    response_status: response?.status ?? null,
    response_headers: response === null ? null : JSON.stringify(response.headers),
    response_body: response?.body ?? null,
    response_truncated: response?.body_truncated === true ? 1 : 0,
  };
};

const toRequest = (row: AttemptRow): StoredAttempt['request'] =>
  row.request_url === null
    ? null
    : {
        method: row.request_method ?? '',
        url: row.request_url,
        headers: JSON.parse(row.request_headers ?? '{}') as Record<string, RecordedHeader>,
        body: row.request_body,
      };

const toResponse = (row: AttemptRow): StoredAttempt['response'] =>
  row.response_status === null
    ? null
    : {
        status: row.response_status,
        headers: JSON.parse(row.response_headers ?? '{}') as Record<string, string>,
        body: row.response_body,
        body_truncated: row.response_truncated === 1,
      };

/** The attempt of a row, as the API lists it. */
export const toStoredAttempt = (row: AttemptRow): StoredAttempt => ({
  id: row.id,
  number: row.number,
  trigger: row.trigger,
  outcome: row.outcome,
  outcome_detail: row.outcome_detail,
  started_at: row.started_at,
  duration_ms: row.duration_ms,
  timings: row.timings === null ? null : (JSON.parse(row.timings) as StoredAttempt['timings']),
  remote_address: row.remote_address,
  request: toRequest(row),
  response: toResponse(row),
});
