import { openBeside } from './storage.ts';

/** Tables in which servers keep their own state. */
const OWN: ReadonlySet<string> = new Set(['bellwire_meta', 'bellwire_nodes', 'bellwire_cluster_leases']);

/** The number of rows in every table of a database that a server may have open, without those for its own state. */
export const countRows = async (database_url: string): Promise<Readonly<Record<string, number>>> => {
  await using beside = openBeside(database_url);
  const counts: Record<string, number> = {};
  for (const table of await beside.tables()) {
    if (!OWN.has(table)) counts[table] = await beside.count(table);
  }
  return counts;
};
