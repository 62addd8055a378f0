import type { Kysely } from 'kysely';
import { statsCounters } from '../../core/attempt-stats.ts';
import type { SchemaDialect } from '../schema-dialect.ts';

/**
 * Counted attempts by minute or hour. Time leads the key, so that the rows of one commit are neighbours, also when its
 * attempts belong to many hooks, and old rows are found without an index. A range of one subject costs a step per
 * minute or hour.
 */
export const createStats = async (db: Kysely<unknown>, is: SchemaDialect): Promise<void> => {
  const keyed = db.schema
    .createTable('bellwire_stats')
    .addColumn('width', 'integer', (c) => c.notNull())
    .addColumn('start', is.integer, (c) => c.notNull())
    .addColumn('workspace_id', is.id, (c) => c.notNull())
    .addColumn('kind', is.id, (c) => c.notNull())
    .addColumn('subject', is.id, (c) => c.notNull())
    .addPrimaryKeyConstraint('bellwire_stats_pk', ['width', 'start', 'workspace_id', 'kind', 'subject']);
  const counting = statsCounters.reduce<typeof keyed>(
    (table, counter) => table.addColumn(counter, is.integer, (c) => c.notNull().defaultTo(0)) as typeof keyed,
    keyed,
  );
  await is.clusteredTable(counting).execute();
};
