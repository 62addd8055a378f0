import { sql, type Transaction } from 'kysely';
import type { Schema } from '../schema.ts';

interface Stop {
  readonly workspace_id: string;
  readonly hook_id: string;
  readonly to: 'held' | 'canceled';
  readonly now: number;
}

/** Deliveries stopped in the transaction that switches their hook off: as many as a list shows; the sweep stops the rest. */
const STOPPED_AT_ONCE = 200;

/** Holds or cancels the first waiting deliveries of a hook. The hook's `stopping` column says that there may be more. */
export const stopFirstDeliveries = async (trx: Transaction<Schema>, stop: Stop): Promise<void> => {
  const { workspace_id, hook_id, to, now } = stop;
  const waiting = (status: 'pending' | 'held') =>
    trx
      .selectFrom('bellwire_deliveries')
      .select('id')
      .where('hook_id', '=', hook_id)
      .where('status', '=', sql.lit(status))
      .limit(STOPPED_AT_ONCE);
  for (const status of to === 'canceled' ? (['pending', 'held'] as const) : (['pending'] as const)) {
    await trx
      .updateTable('bellwire_deliveries')
      .set({ status: to, next_attempt_at: null, failure_reason: null, updated_at: now })
      .where('workspace_id', '=', workspace_id)
      .where('id', 'in', waiting(status))
      .execute();
  }
};
