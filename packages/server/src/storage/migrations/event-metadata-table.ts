import type { Kysely } from 'kysely';
import type { SchemaDialect } from '../schema-dialect.ts';

/** The metadata of events by value, to find events. `bellwire_events.metadata` is the same as JSON. */
export const createEventMetadata = async (db: Kysely<unknown>, is: SchemaDialect): Promise<void> => {
  const table = is.clusteredTable(
    db.schema
      .createTable('bellwire_event_metadata')
      .addColumn('workspace_id', is.id, (c) => c.notNull())
      .addColumn('key', is.id, (c) => c.notNull())
      .addColumn('value', is.id, (c) => c.notNull())
      .addColumn('event_id', is.id, (c) => c.notNull())
      .addPrimaryKeyConstraint('bellwire_event_metadata_pk', ['workspace_id', 'key', 'value', 'event_id']),
  );
  await is.byDay(table, 'event_id').execute();
  await db.schema
    .createIndex('bellwire_event_metadata_event')
    .on('bellwire_event_metadata')
    .columns(['event_id'])
    .execute();
};
