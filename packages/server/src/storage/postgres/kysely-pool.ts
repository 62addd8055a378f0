import type { PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import type { Pool, PoolClient } from 'pg';
import { storable } from './storable.ts';
import { isLost } from './storage-error.ts';

/** A connection as Kysely sees it, which is not used again once it is lost. */
const viewOf = (client: PoolClient): PostgresPoolClient => {
  let lost: { readonly error: unknown } | null = null;
  const query = async <R>(text: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>> => {
    // A rollback would wait for an answer too.
    if (lost !== null) throw lost.error;
    try {
      return (await client.query(text, parameters.map(storable))) as unknown as PostgresQueryResult<R>;
    } catch (error) {
      if (isLost(error)) lost = { error };
      throw error;
    }
  };
  return { query: query as PostgresPoolClient['query'], release: () => client.release(lost !== null) };
};

/** A pool for Kysely that replaces a connection which is lost, or which has not answered in time. */
export const createKyselyPool = (pool: Pool): PostgresPool => {
  const views = new WeakMap<PoolClient, PostgresPoolClient>();
  return {
    options: pool.options,
    end: () => pool.end(),
    connect: async () => {
      const client = await pool.connect();
      const view = views.get(client) ?? viewOf(client);
      views.set(client, view);
      return view;
    },
  };
};
