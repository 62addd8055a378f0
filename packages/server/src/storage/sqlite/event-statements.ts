import { sql } from 'kysely';
import type { EventReceipt } from '../../ports/store.ts';
import type { NewEventRow } from '../rows/event-row.ts';
import type { Schema } from '../schema.ts';
import type { EventStatements } from '../store/event-writer.ts';
import { columns, prepare, type SqliteConnection } from './prepared.ts';

const EVENT_COLUMNS = [
  'workspace_id',
  'id',
  'tenant',
  'type',
  'idempotency_key',
  'fingerprint',
  'deliveries',
  'filtered',
  'addressed',
  'occurred_at',
  'created_at',
  'deliver_at',
  'metadata',
  'previous_data',
  'data',
] as const satisfies readonly (keyof NewEventRow)[];

/** The statements of events, prepared on one connection. */
export const createEventStatements = ({ db, raw }: SqliteConnection): EventStatements => ({
  insertEvent: prepare<NewEventRow>(raw, (param) =>
    db
      .insertInto('bellwire_events')
      .values(columns(param, EVENT_COLUMNS))
      .onConflict((conflict) => conflict.doNothing()),
  ),
  insertWireId: prepare<Schema['bellwire_wire_ids']>(raw, (param) =>
    db
      .insertInto('bellwire_wire_ids')
      .values(columns(param, ['workspace_id', 'wire_id', 'event_id']))
      .onConflict((conflict) => conflict.doNothing()),
  ),
  selectByKey: prepare<
    { workspace_id: string; tenant: string; idempotency_key: string },
    EventReceipt & { fingerprint: string | null }
  >(raw, (param) =>
    db
      .selectFrom('bellwire_events')
      .select([
        'id',
        'type',
        'tenant',
        'occurred_at',
        'created_at',
        'deliver_at',
        'idempotency_key',
        'deliveries',
        'filtered',
        'fingerprint',
      ])
      .where('workspace_id', '=', param('workspace_id'))
      // Must be written as in the index on this expression, or SQLite does not use it.
      .where(sql<string>`coalesce(tenant, '')`, '=', param('tenant'))
      .where('idempotency_key', '=', param('idempotency_key')),
  ),
});
