import type { Kysely } from 'kysely';
import type { Cipher } from './cipher.ts';
import type { Schema } from './schema.ts';

const KEY = 'encryption_canary';
const PLACE = { table: 'bellwire_meta', column: 'value', id: KEY };

const hasMeta = async (db: Kysely<Schema>): Promise<boolean> =>
  (await db.introspection.getTables()).some(({ name }) => name === 'bellwire_meta');

const readCanary = async (db: Kysely<Schema>): Promise<string | null> => {
  if (!(await hasMeta(db))) return null;
  const row = await db.selectFrom('bellwire_meta').select('value').where('key', '=', KEY).executeTakeFirst();
  return row?.value ?? null;
};

/** Whether something in the database is sealed already. */
export const hasCanary = async (db: Kysely<Schema>): Promise<boolean> => (await readCanary(db)) !== null;

/**
 * Opens a value that was sealed when the database was made, before anything is written to it.
 * @throws BellwireError `wrong_encryption_key`
 */
export const checkCanary = async (db: Kysely<Schema>, cipher: Cipher): Promise<void> => {
  const sealed = await readCanary(db);
  if (sealed !== null) cipher.open(sealed, PLACE);
};

/** Leaves the sealed value for the next start, unless it is there. */
export const leaveCanary = async (db: Kysely<Schema>, cipher: Cipher): Promise<void> => {
  await db
    .insertInto('bellwire_meta')
    .values({ key: KEY, value: cipher.seal('bellwire', PLACE) })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
};
