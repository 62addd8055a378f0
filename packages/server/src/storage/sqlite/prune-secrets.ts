import type { Database } from 'better-sqlite3';
import type { Kysely } from 'kysely';
import type { Schema } from '../schema.ts';
import { prepare } from './prepared.ts';

/** Deletes previous secrets whose grace has ended, inside the open transaction; the answer has the ids of their hooks. */
export const createPruneSecrets = ({
  db,
  raw,
}: {
  readonly db: Kysely<Schema>;
  readonly raw: Database;
}): ((prune: { readonly now: number; readonly limit: number }) => readonly string[]) => {
  const remove = prepare<{ now: number; limit: number }, { hook_id: string }>(raw, (param) =>
    db
      .deleteFrom('bellwire_secrets')
      .where('id', 'in', (eb) =>
        eb
          .selectFrom('bellwire_secrets')
          .select('id')
          .where('expires_at', '<=', param('now'))
          .orderBy('expires_at')
          .limit(param('limit')),
      )
      .returning('hook_id'),
  );
  return (slice) => remove.all(slice).map(({ hook_id }) => hook_id);
};
