import { type Kysely, sql } from 'kysely';
import type { OpenDeliveries } from '../ports/store.ts';
import type { Schema } from './schema.ts';

// A scan of as many index entries takes the reader less than 200 ms.
const COUNTED_MAX = 1_000_000;

/** Rows of a status. The literal makes SQLite use its partial index. */
const withStatus = (db: Kysely<Schema>, status: 'pending' | 'sending' | 'held') =>
  db.selectFrom('bellwire_deliveries').where('status', '=', sql.lit(status)).limit(COUNTED_MAX);

const count = async (db: Kysely<Schema>, status: 'sending' | 'held'): Promise<number> => {
  const { total } = await db
    .selectFrom(withStatus(db, status).select(sql.lit(1).as('one')).as('open'))
    .select(({ fn }) => fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  return total;
};

/** Counts the deliveries that are not final, from their partial indexes alone. */
export const countOpen = async (db: Kysely<Schema>, now: number): Promise<OpenDeliveries> => {
  const [pending, sending, held] = await Promise.all([
    db
      .selectFrom(withStatus(db, 'pending').select('next_attempt_at').as('open'))
      .select((eb) => [
        eb.fn.countAll<number>().as('pending'),
        eb.fn.countAll<number>().filterWhere('next_attempt_at', '<=', now).as('due'),
        eb.fn.min('next_attempt_at').as('first_at'),
      ])
      .executeTakeFirstOrThrow(),
    count(db, 'sending'),
    count(db, 'held'),
  ]);
  const { due, first_at } = pending;
  return { pending: pending.pending, sending, held, due, oldest_due_at: due === 0 ? null : first_at };
};

const BREAKERS_MAX = 100_000;

/** Counts the hooks whose breaker is not closed, from their partial index alone. */
export const countOpenBreakers = async (db: Kysely<Schema>): Promise<number> => {
  const open = db
    .selectFrom('bellwire_throttles')
    .select(sql.lit(1).as('one'))
    .where('state', '!=', sql.lit('closed'))
    .limit(BREAKERS_MAX);
  const { total } = await db
    .selectFrom(open.as('open'))
    .select(({ fn }) => fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  return total;
};
