import { type RawBuilder, sql } from 'kysely';
import type { OutcomeKind } from '../../core/outcome.ts';

/** Whether the last attempt of the delivery in `table` had this outcome, found by the primary key of attempts. */
export const lastOutcomeIs = (table: string, outcome: OutcomeKind): RawBuilder<boolean> =>
  sql<boolean>`exists (select 1 from bellwire_attempts where bellwire_attempts.delivery_id = ${sql.ref(`${table}.id`)}
    and bellwire_attempts.number = ${sql.ref(`${table}.attempts`)} and bellwire_attempts.outcome = ${outcome})`;
