import { type Kysely, sql } from 'kysely';
import type { DeliveryStatus } from '../../core/delivery.ts';
import type { NewAttemptRow } from '../rows/attempt-row.ts';
import type { RequestBodyRow } from '../rows/request-body-row.ts';
import type { Schema } from '../schema.ts';
import type { AttemptEnd, LeaseEnd, SettlementStatements } from '../store/settlement-writer.ts';
import type { Command } from '../store/statement.ts';
import { columns, type Param, prepare, type SqliteConnection } from './prepared.ts';

const ATTEMPT_COLUMNS = [
  'id',
  'workspace_id',
  'delivery_id',
  'hook_id',
  'number',
  'trigger',
  'outcome',
  'outcome_detail',
  'started_at',
  'duration_ms',
  'timings',
  'remote_address',
  'request_method',
  'request_url',
  'request_headers',
  'request_body',
  'request_body_hash',
  'response_status',
  'response_headers',
  'response_body',
  'response_truncated',
] as const satisfies readonly (keyof NewAttemptRow)[];

/** Binds a body, which can be a megabyte, only if it is new. */
const createInsertRequestBody = ({ db, raw }: SqliteConnection): Command<RequestBodyRow> => {
  const find = prepare<RequestBodyRow, { readonly one: number }>(raw, (param) =>
    db
      .selectFrom('bellwire_request_bodies')
      .select(sql.lit(1).as('one'))
      .where('event_id', '=', param('event_id'))
      .where('hash', '=', param('hash')),
  );
  const insert = prepare<RequestBodyRow>(raw, (param) =>
    db.insertInto('bellwire_request_bodies').values(columns(param, ['event_id', 'hash', 'body'])),
  );
  return { run: (row) => (find.get(row) === undefined ? insert.run(row) : 0) };
};

/** The fencing token: a stale lease changes no row. */
const endLease = (db: Kysely<Schema>, param: Param<LeaseEnd>) =>
  db
    .updateTable('bellwire_deliveries')
    .set({
      status: param('status'),
      failures: param('failures'),
      returns: param('returns'),
      suspicion: param('suspicion'),
      next_attempt_at: param('next_attempt_at'),
      failure_reason: param('failure_reason'),
      updated_at: param('updated_at'),
      lease_until: null,
      leased_by: null,
      resume_status: null,
      resume_at: null,
    })
    .where('workspace_id', '=', param('workspace_id'))
    .where('id', '=', param('id'))
    .where('status', '=', sql.lit('sending'))
    .where('lease_token', '=', param('lease_token'));

/** The statements of settlements, prepared on one connection. */
export const createSettlementStatements = (connection: SqliteConnection): SettlementStatements => {
  const { db, raw } = connection;
  return {
    insertRequestBody: createInsertRequestBody(connection),
    insertAttempt: prepare<NewAttemptRow>(raw, (param) =>
      db.insertInto('bellwire_attempts').values(columns(param, ATTEMPT_COLUMNS)),
    ),
    endUnsent: prepare<LeaseEnd>(raw, (param) => endLease(db, param)),
    endAttempt: prepare<AttemptEnd>(raw, (param) =>
      endLease(db, param).set({
        attempts: param('attempts'),
        last_outcome: param('last_outcome'),
        last_detail: param('last_detail'),
        last_status: param('last_status'),
        last_duration_ms: param('last_duration_ms'),
      }),
    ),
    hold: prepare<{ workspace_id: string; id: string; status: DeliveryStatus }>(raw, (param) =>
      db
        .updateTable('bellwire_deliveries')
        .set({ status: param('status'), next_attempt_at: null, failure_reason: null })
        .where('workspace_id', '=', param('workspace_id'))
        .where('id', '=', param('id')),
    ),
  };
};
