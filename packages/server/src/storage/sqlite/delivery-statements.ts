import type { DeliveryRow } from '../rows/delivery-row.ts';
import { columns, prepare, type Prepared, type SqliteConnection } from './prepared.ts';

const DELIVERY_COLUMNS = [
  'workspace_id',
  'id',
  'tenant',
  'event_id',
  'event_type',
  'hook_id',
  'trigger',
  'status',
  'attempts',
  'failures',
  'returns',
  'has_succeeded',
  'suspicion',
  'next_attempt_at',
  'order_key',
  'order_position',
  'lease_token',
  'lease_until',
  'leased_by',
  'resume_status',
  'resume_at',
  'failure_reason',
  'last_outcome',
  'last_detail',
  'last_status',
  'last_duration_ms',
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof DeliveryRow)[];

/** Inserts a delivery. */
export const createInsertDelivery = ({ db, raw }: SqliteConnection): Prepared<DeliveryRow, never> =>
  prepare<DeliveryRow>(raw, (param) =>
    db.insertInto('bellwire_deliveries').values(columns(param, DELIVERY_COLUMNS)),
  );
