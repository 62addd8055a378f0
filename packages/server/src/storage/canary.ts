import type { Kysely } from 'kysely';
import type { Cipher } from './cipher.ts';
import type { Schema } from './schema.ts';

const KEY = 'encryption_canary';
const LOCATION = { table: 'bellwire_meta', column: 'value', id: KEY };

const hasMeta = async (db: Kysely<Schema>): Promise<boolean> =>
  (await db.introspection.getTables()).some(({ name }) => name === 'bellwire_meta');

const readCanary = async (db: Kysely<Schema>): Promise<string | null> => {
  if (!(await hasMeta(db))) return null;
  const row = await db.selectFrom('bellwire_meta').select('value').where('key', '=', KEY).executeTakeFirst();
  return row?.value ?? null;
};

/** Whether the database has encrypted values. */
export const hasCanary = async (db: Kysely<Schema>): Promise<boolean> => (await readCanary(db)) !== null;

/**
 * Decrypts the canary, before anything is written to the database.
 * @throws BellwireError `wrong_encryption_key`
 */
export const checkCanary = async (db: Kysely<Schema>, cipher: Cipher): Promise<void> => {
  const sealed = await readCanary(db);
  if (sealed !== null) cipher.open(sealed, LOCATION);
};

/** Stores an encrypted canary for the next start, unless there is one. */
export const writeCanary = async (db: Kysely<Schema>, cipher: Cipher): Promise<void> => {
  await db
    .insertInto('bellwire_meta')
    .values({ key: KEY, value: cipher.seal('bellwire', LOCATION) })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
};
