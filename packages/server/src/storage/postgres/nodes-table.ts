import { type Kysely, sql } from 'kysely';

/** The tables of nodes: a SQLite file has one owner and needs none. Times are those of the database. */
// A type, because an interface has no index signature.
export type NodesSchema = {
  bellwire_nodes: {
    id: string;
    /** When it was last alive. */
    seen_at: number;
  };
  bellwire_cluster_leases: { name: string; node_id: string; until: number };
};

/** Milliseconds since 1970, by the clock of the database. */
export const databaseNow = sql<number>`floor(extract(epoch from clock_timestamp()) * 1000)::bigint`;

export const createNodes = async (db: Kysely<unknown>): Promise<void> => {
  await db.schema
    .createTable('bellwire_nodes')
    .addColumn('id', sql`text collate "C"`, (c) => c.primaryKey().notNull())
    .addColumn('seen_at', 'bigint', (c) => c.notNull())
    .execute();
  await db.schema
    .createTable('bellwire_cluster_leases')
    .addColumn('name', sql`text collate "C"`, (c) => c.primaryKey().notNull())
    .addColumn('node_id', sql`text collate "C"`, (c) => c.notNull())
    .addColumn('until', 'bigint', (c) => c.notNull())
    .execute();
};
