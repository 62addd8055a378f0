import type { Repositories } from '../../ports/repositories.ts';
import type { Connections } from '../schema.ts';
import { rowsToFetch, toPage } from './page.ts';

export const createAudit = ({ db, reader }: Connections): Repositories['audit'] => ({
  add: async (entry) => {
    await db.insertInto('bellwire_audit').values(entry).execute();
  },
  list: async (workspace_id, page) => {
    let query = reader
      .selectFrom('bellwire_audit')
      .selectAll()
      .where('workspace_id', '=', workspace_id)
      .orderBy('id', 'desc')
      .limit(rowsToFetch(page));
    if (page.after !== null) query = query.where('id', '<', page.after);
    return toPage(await query.execute(), page, { to: (row) => row, keyOf: ({ id }) => id });
  },
});
