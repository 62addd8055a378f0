import type { IdFactory } from '../../core/ids.ts';
import { createDeliveryWriter } from '../store/delivery-writer.ts';
import { createEventWriter } from '../store/event-writer.ts';
import { createFanOutWriter } from '../store/fan-out-writer.ts';
import { createHookCounters } from '../store/hook-counters.ts';
import { createHookThrottles } from '../store/hook-throttles.ts';
import { createOrders } from '../store/orders.ts';
import { SettlementWriter } from '../store/settlement-writer.ts';
import { createTenantWriter, type KnownTenants } from '../store/tenant-writer.ts';
import { orderStatements } from './order-statements.ts';
import type { WriteSet } from './write-set.ts';

export interface CommitPartsOptions {
  readonly ids: IdFactory;
  readonly node_id: string;
  readonly known_tenants: KnownTenants;
  readonly wireIdOf: (dialect: string, event_id: string) => string | null;
}

/** The decisions of one transaction over its writes. */
export const createCommitParts = (
  writes: WriteSet,
  { ids, node_id, known_tenants, wireIdOf }: CommitPartsOptions,
) => {
  const throttles = createHookThrottles(writes.throttle_statements);
  const orders = createOrders(orderStatements(writes), { node_id, throttles });
  const { placeOf } = orders;
  const writeDeliveries = createDeliveryWriter(writes.insert_delivery, { ids, node_id, throttles, placeOf });
  // Waiting deliveries of disabled hooks are held when the writes are sent.
  const counters = createHookCounters(writes.hook_statements, { stopSlice: () => 0, ids });
  return {
    throttles,
    writeDeliveries,
    settlements: new SettlementWriter(writes.settlement_statements, { counters, throttles, orders }),
    writeEvent: createEventWriter(writes.event_statements, {
      writeDeliveries,
      fan_outs: {
        write: createFanOutWriter(writes.insert_fan_out),
        isWaiting: (workspace_id) =>
          writes.facts.fan_outs.has(workspace_id) ||
          writes.fan_outs.some((row) => row.workspace_id === workspace_id),
      },
      writeTenant: createTenantWriter(writes.insert_tenant, known_tenants),
      writeMetadata: writes.writeMetadata,
      wireIdOf,
    }),
  };
};
