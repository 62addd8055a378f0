import type { Kysely, Transaction } from 'kysely';
import type { Cipher } from '../cipher.ts';
import type { Schema } from '../schema.ts';

interface NewSecret {
  readonly id: string;
  readonly value: string;
  readonly created_at: number;
}

/** Stores the current secret of a hook, encrypted. */
export const insertSecret = async (
  trx: Transaction<Schema>,
  hook_id: string,
  { secret: { id, value, created_at }, cipher }: { readonly secret: NewSecret; readonly cipher: Cipher },
): Promise<void> => {
  const secret = cipher.seal(value, { table: 'bellwire_secrets', column: 'secret', id });
  await trx
    .insertInto('bellwire_secrets')
    .values({ id, hook_id, secret, created_at, expires_at: null })
    .execute();
};

/** The secret that a hook was created with; null if it is gone, expired or cannot be decrypted. */
export const readFirstSecret = async (
  db: Kysely<Schema>,
  { id: hook_id, created_at }: { readonly id: string; readonly created_at: number },
  cipher: Cipher,
): Promise<string | null> => {
  const row = await db
    .selectFrom('bellwire_secrets')
    .select(['id', 'secret'])
    .where('hook_id', '=', hook_id)
    .where('created_at', '=', created_at)
    .where('expires_at', 'is', null)
    .orderBy('id')
    .executeTakeFirst();
  if (row === undefined) return null;
  try {
    return cipher.open(row.secret, { table: 'bellwire_secrets', column: 'secret', id: row.id });
  } catch {
    return null;
  }
};

/** Deletes every secret of a hook. */
export const deleteSecrets = async (trx: Transaction<Schema>, hook_id: string): Promise<void> => {
  await trx.deleteFrom('bellwire_secrets').where('hook_id', '=', hook_id).execute();
};

/** Maximum number of previous secrets per hook. */
const MAX_PREVIOUS = 10;

/**
 * Sets the expiry of a hook's current secret, and deletes previous secrets that have expired or exceed the maximum. An
 * expiry that is not after `now` deletes all of them: when a secret leaks, no earlier one may keep signing.
 */
export const retireSecrets = async (
  trx: Transaction<Schema>,
  hook_id: string,
  { now, expires_at }: { readonly now: number; readonly expires_at: number },
): Promise<void> => {
  if (expires_at <= now) return deleteSecrets(trx, hook_id);
  await trx
    .updateTable('bellwire_secrets')
    .set({ expires_at })
    .where('hook_id', '=', hook_id)
    .where('expires_at', 'is', null)
    .execute();
  const kept = trx
    .selectFrom('bellwire_secrets')
    .select('id')
    .where('hook_id', '=', hook_id)
    .where('expires_at', '>', now)
    .orderBy('id', 'desc')
    .limit(MAX_PREVIOUS);
  await trx
    .deleteFrom('bellwire_secrets')
    .where('hook_id', '=', hook_id)
    .where('id', 'not in', kept)
    .execute();
};

/** Deletes all previous secrets of a hook. */
export const deletePreviousSecrets = async (trx: Transaction<Schema>, hook_id: string): Promise<void> => {
  await trx
    .deleteFrom('bellwire_secrets')
    .where('hook_id', '=', hook_id)
    .where('expires_at', 'is not', null)
    .execute();
};

/** When the secrets of hooks expire, by hook: null for the current one, then the previous ones, newest first. */
export const readSecretExpiries = async (
  db: Kysely<Schema>,
  hook_ids: readonly string[],
): Promise<ReadonlyMap<string, readonly (number | null)[]>> => {
  if (hook_ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('bellwire_secrets')
    .select(['hook_id', 'expires_at'])
    .where('hook_id', 'in', hook_ids)
    .orderBy('id', 'desc')
    .execute();
  return new Map(
    [...Map.groupBy(rows, ({ hook_id }) => hook_id)].map(([hook_id, own]) => [
      hook_id,
      own.map(({ expires_at }) => expires_at),
    ]),
  );
};
