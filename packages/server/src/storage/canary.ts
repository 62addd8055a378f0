import type { Kysely } from 'kysely';
import type { Cipher } from './cipher.ts';
import type { Schema } from './schema.ts';

const KEY = 'encryption_canary';
const PLACE = { table: 'bellwire_meta', column: 'value', id: KEY };

const hasMeta = async (db: Kysely<Schema>): Promise<boolean> =>
  (await db.introspection.getTables()).some(({ name }) => name === 'bellwire_meta');

/**
 * Opens a value that was sealed when the database was made, before anything is written to it.
 * @throws BellwireError `wrong_encryption_key`
 */
export const checkCanary = async (db: Kysely<Schema>, cipher: Cipher): Promise<void> => {
  if (!(await hasMeta(db))) return;
  const row = await db.selectFrom('bellwire_meta').select('value').where('key', '=', KEY).executeTakeFirst();
  if (row !== undefined) cipher.open(row.value, PLACE);
};

/** Leaves the sealed value for the next start, unless it is there. */
export const leaveCanary = async (db: Kysely<Schema>, cipher: Cipher): Promise<void> => {
  await db
    .insertInto('bellwire_meta')
    .values({ key: KEY, value: cipher.seal('bellwire', PLACE) })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
};
