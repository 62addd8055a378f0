import { sql, type Transaction } from 'kysely';
import type { Schema } from '../schema.ts';
import { stoppedColumns } from '../stopped-columns.ts';

interface Stop {
  readonly workspace_id: string;
  readonly hook_id: string;
  readonly to: 'held' | 'canceled';
  readonly now: number;
}

/** Deliveries stopped in the transaction that deactivates their hook: as many as a list shows. The sweep stops the rest. */
const STOPPED_MAX = 200;

/** Holds or cancels a hook's first due deliveries, and cancels its oldest held ones. `stopping` marks that there may be more. */
export const stopFirstDeliveries = async (trx: Transaction<Schema>, stop: Stop): Promise<void> => {
  const { workspace_id, hook_id, to, now } = stop;
  const failure_reason = to === 'canceled' ? 'hook_deleted' : null;
  // A literal status and the order of its partial index, so that SQLite uses that index.
  const waiting = (status: 'pending' | 'held') =>
    trx
      .selectFrom('bellwire_deliveries')
      .select('id')
      .where('hook_id', '=', hook_id)
      .where('status', '=', sql.lit(status))
      .orderBy(status === 'pending' ? 'next_attempt_at' : 'id')
      .limit(STOPPED_MAX);
  for (const status of to === 'canceled' ? (['pending', 'held'] as const) : (['pending'] as const)) {
    await trx
      .updateTable('bellwire_deliveries')
      .set({ ...stoppedColumns(to, failure_reason), updated_at: now })
      .where('workspace_id', '=', workspace_id)
      .where('id', 'in', waiting(status))
      // Another node may have leased it since the subquery read it.
      .where('status', '=', status)
      .execute();
  }
};
