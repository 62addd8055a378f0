import type { Selectable } from 'kysely';
import type { AuditEntry, AuditFields, Audits } from '../../ports/audits.ts';
import type { Connections, Schema } from '../schema.ts';
import { rowsToFetch, toPage } from './page.ts';

type Changes = Pick<AuditEntry, 'before' | 'after'>;

const toChanges = (text: string | null): Changes =>
  text === null
    ? { before: null, after: null }
    : (JSON.parse(text) as { readonly before: AuditFields | null; readonly after: AuditFields | null });

const toEntry = (row: Selectable<Schema['bellwire_audit']>): AuditEntry => {
  const { tenant: _, changes, ...entry } = row;
  return { ...entry, ...toChanges(changes) };
};

export const createAudit = ({ db, reader }: Connections): Audits => ({
  add: async ({ before, after, ...entry }) => {
    const changes = before === null && after === null ? null : JSON.stringify({ before, after });
    await db
      .insertInto('bellwire_audit')
      .values({ ...entry, changes })
      .execute();
  },
  list: async (workspace_id, { subject }, page) => {
    let query = reader
      .selectFrom('bellwire_audit')
      .selectAll()
      .where('workspace_id', '=', workspace_id)
      .orderBy('id', 'desc')
      .limit(rowsToFetch(page));
    if (subject !== undefined) query = query.where('subject', '=', subject);
    if (page.after !== null) query = query.where('id', '<', page.after);
    return toPage(await query.execute(), page, { to: toEntry, keyOf: ({ id }) => id });
  },
  prune: async (before, limit) => {
    const { numDeletedRows } = await db
      .deleteFrom('bellwire_audit')
      .where(({ eb, refTuple, selectFrom }) =>
        eb(
          refTuple('workspace_id', 'id'),
          'in',
          selectFrom('bellwire_audit')
            .select(['workspace_id', 'id'])
            .where('at', '<', before)
            .orderBy('at')
            .limit(limit)
            .$asTuple('workspace_id', 'id'),
        ),
      )
      .executeTakeFirst();
    return Number(numDeletedRows);
  },
});
