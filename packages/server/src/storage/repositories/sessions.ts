import type { Kysely, Selectable } from 'kysely';
import type { PortalSettings } from '../../core/portal.ts';
import type { PortalSession, Sessions, StoredSession } from '../../ports/sessions.ts';
import type { Connections, Schema } from '../schema.ts';

/** Expired rows deleted with each new one: more than one, so that they cannot accumulate. */
const PRUNED = 10;

type Row = Selectable<Schema['bellwire_sessions']>;

const NO_PORTAL = { workspace_id: null, tenant: null, lasts_ms: null, settings: null } as const;

const toPortal = ({ workspace_id, tenant, lasts_ms, settings }: Row): PortalSession | null =>
  workspace_id === null || tenant === null || lasts_ms === null || settings === null
    ? null
    : { workspace_id, tenant, lasts_ms, settings: JSON.parse(settings) as PortalSettings };

const toSession = (row: Row): StoredSession => ({
  token_hash: row.token_hash,
  kind: row.kind,
  key_id: row.key_id,
  portal: toPortal(row),
  created_at: row.created_at,
  expires_at: row.expires_at,
});

const toRow = ({ portal, ...session }: StoredSession): Row => ({
  ...session,
  ...(portal === null ? NO_PORTAL : { ...portal, settings: JSON.stringify(portal.settings) }),
});

const toSessionOrNull = (row: Row | undefined): StoredSession | null =>
  row === undefined ? null : toSession(row);

/** Ends the portals of a workspace, or of one of its tenants. Returns their number. */
export const deletePortals = async (
  db: Kysely<Schema>,
  workspace_id: string,
  tenant: string | null,
): Promise<number> => {
  const ofWorkspace = db.deleteFrom('bellwire_sessions').where('workspace_id', '=', workspace_id);
  const removed = tenant === null ? ofWorkspace : ofWorkspace.where('tenant', '=', tenant);
  return Number((await removed.executeTakeFirst()).numDeletedRows);
};

export const createSessions = ({ db, reader }: Connections): Sessions => ({
  add: async (session) => {
    const expired = db
      .selectFrom('bellwire_sessions')
      .select('token_hash')
      .where('expires_at', '<=', session.created_at)
      .orderBy('expires_at')
      .limit(PRUNED);
    await db.deleteFrom('bellwire_sessions').where('token_hash', 'in', expired).execute();
    await db.insertInto('bellwire_sessions').values(toRow(session)).execute();
  },
  find: async (token_hash) =>
    toSessionOrNull(
      await reader
        .selectFrom('bellwire_sessions')
        .selectAll()
        .where('token_hash', '=', token_hash)
        .executeTakeFirst(),
    ),
  take: async (token_hash) =>
    toSessionOrNull(
      await db
        .deleteFrom('bellwire_sessions')
        .where('token_hash', '=', token_hash)
        .returningAll()
        .executeTakeFirst(),
    ),
  openPortal: async (link_hash, { token_hash, now }) =>
    toSessionOrNull(
      await db
        .updateTable('bellwire_sessions')
        .set((eb) => ({
          token_hash,
          kind: 'portal',
          created_at: now,
          expires_at: eb(eb.fn.coalesce('lasts_ms', eb.lit(0)), '+', now),
        }))
        .where('token_hash', '=', link_hash)
        .where('kind', '=', 'portal_link')
        .where('expires_at', '>', now)
        .returningAll()
        .executeTakeFirst(),
    ),
  removePortals: (workspace_id, tenant) => deletePortals(db, workspace_id, tenant),
});
