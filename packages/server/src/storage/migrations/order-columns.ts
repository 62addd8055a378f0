import { type Kysely, sql } from 'kysely';
import type { SchemaDialect } from '../schema-dialect.ts';

/** The order of hooks that have one, and the places of deliveries in it. */
export const addOrder = async (db: Kysely<unknown>, is: SchemaDialect): Promise<void> => {
  const hooks = db.schema.alterTable('bellwire_hooks');
  await hooks.addColumn('ordered', 'integer', (c) => c.notNull().defaultTo(0)).execute();
  await hooks.addColumn('order_key', 'text').execute();
  const deliveries = db.schema.alterTable('bellwire_deliveries');
  await deliveries.addColumn('order_key', 'text').execute();
  await deliveries.addColumn('order_position', is.integer).execute();
  // Holds only deliveries with a place: the others cost nothing here.
  await db.schema
    .createIndex('bellwire_deliveries_order')
    .unique()
    .on(is.open_deliveries)
    .columns(['hook_id', 'order_key', 'order_position'])
    .where(sql.ref('order_key'), 'is not', null)
    .execute();
};
