import { type RawBuilder, sql } from 'kysely';

/**
 * The condition that a delivery of this table name has not ended. It names the statuses of one partition, to which the
 * planner then restricts a statement. No partial index has the same condition: a plan that is cached while the table is
 * small could scan all of it.
 */
export const isOpen = (table: string): RawBuilder<boolean> =>
  sql<boolean>`${sql.ref(`${table}.status`)} in ('pending', 'sending', 'held')`;
