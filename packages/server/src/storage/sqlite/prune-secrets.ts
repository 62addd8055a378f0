import { prepare, type SqliteConnection } from './prepared.ts';

/** Deletes previous secrets whose grace period has ended, inside the open transaction; returns the ids of their hooks. */
export const createPruneSecrets = ({
  db,
  raw,
}: SqliteConnection): ((prune: { readonly now: number; readonly limit: number }) => readonly string[]) => {
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
