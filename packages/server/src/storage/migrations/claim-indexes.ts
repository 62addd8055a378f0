import { type Kysely, sql } from 'kysely';
import type { SchemaDialect } from '../schema-dialect.ts';

/** The newest deliveries of a hook that wait for their first attempt: only those of hooks that cannot keep up. */
export const addClaimIndexes = async (db: Kysely<unknown>, is: SchemaDialect): Promise<void> => {
  await db.schema
    .createIndex('bellwire_deliveries_unattempted')
    .on(is.open_deliveries)
    .columns(['hook_id', 'next_attempt_at'])
    .where(sql<boolean>`status = 'pending' and failures = 0 and trigger = 'scheduled'`)
    .execute();
};
