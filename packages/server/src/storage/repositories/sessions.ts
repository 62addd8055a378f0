import type { Sessions } from '../../ports/sessions.ts';
import type { Connections } from '../schema.ts';

/** Expired rows deleted with each new one: more than one, so that they cannot accumulate. */
const PRUNED = 10;

export const createSessions = ({ db, reader }: Connections): Sessions => ({
  add: async (session) => {
    const expired = db
      .selectFrom('bellwire_sessions')
      .select('token_hash')
      .where('expires_at', '<=', session.created_at)
      .orderBy('expires_at')
      .limit(PRUNED);
    await db.deleteFrom('bellwire_sessions').where('token_hash', 'in', expired).execute();
    await db.insertInto('bellwire_sessions').values(session).execute();
  },
  find: async (token_hash) =>
    (await reader
      .selectFrom('bellwire_sessions')
      .selectAll()
      .where('token_hash', '=', token_hash)
      .executeTakeFirst()) ?? null,
  take: async (token_hash) =>
    (await db
      .deleteFrom('bellwire_sessions')
      .where('token_hash', '=', token_hash)
      .returningAll()
      .executeTakeFirst()) ?? null,
});
