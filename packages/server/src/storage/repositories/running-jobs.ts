import { type Kysely, sql } from 'kysely';
import type { Recovery } from '../../ports/recoveries.ts';
import type { Schema } from '../schema.ts';

/** The number of recoveries that have not ended, from the index of these. */
export const countRunningRecoveries = async (db: Kysely<Schema>): Promise<number> => {
  const { running } = await db
    .selectFrom('bellwire_recoveries')
    .select(({ fn }) => fn.countAll<number>().as('running'))
    .where('status', '=', sql.lit('running'))
    .executeTakeFirstOrThrow();
  return running;
};

/** The number of a workspace's recoveries with this owner that have not ended. */
export const countRunningOf = async (
  db: Kysely<Schema>,
  { workspace_id, owner }: Pick<Recovery, 'workspace_id' | 'owner'>,
): Promise<number> => {
  const { running } = await db
    .selectFrom('bellwire_recoveries')
    .select(({ fn }) => fn.countAll<number>().as('running'))
    .where('status', '=', sql.lit('running'))
    .where('workspace_id', '=', workspace_id)
    .where('owner', owner === null ? 'is' : '=', owner)
    .executeTakeFirstOrThrow();
  return running;
};

/** The number of erasures that have not completed. */
export const countRunningErasures = async (db: Kysely<Schema>): Promise<number> => {
  const { running } = await db
    .selectFrom('bellwire_erasures')
    .select(({ fn }) => fn.countAll<number>().as('running'))
    .where('phase', '!=', sql.lit('completed'))
    .executeTakeFirstOrThrow();
  return running;
};
