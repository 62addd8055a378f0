import type { Kysely } from 'kysely';
import type { Cipher } from './cipher.ts';
import type { Schema } from './schema.ts';

/** Each key that has encrypted values has one, until `rekey` finds that nothing needs the key anymore. */
const PREFIX = 'encryption_canary:';

const keyOf = (kid: string): string => PREFIX + kid;
const locationOf = (key: string) => ({ table: 'bellwire_meta', column: 'value', id: key });

const hasMeta = async (db: Kysely<Schema>): Promise<boolean> =>
  (await db.introspection.getTables()).some(({ name }) => name === 'bellwire_meta');

const readCanaries = (db: Kysely<Schema>) =>
  db
    .selectFrom('bellwire_meta')
    .select(['key', 'value'])
    .where('key', 'like', `${PREFIX}%`)
    .orderBy('key')
    .execute();

/** The ids of the keys that may have encrypted values. */
export const canaryKeys = async (db: Kysely<Schema>): Promise<readonly string[]> =>
  (await readCanaries(db)).map(({ key }) => key.slice(PREFIX.length));

/** Whether the database has encrypted values. */
export const hasCanary = async (db: Kysely<Schema>): Promise<boolean> =>
  (await hasMeta(db)) && (await readCanaries(db)).length > 0;

/**
 * Decrypts the canary of every key that encrypted values, before anything is written to the database.
 * @throws BellwireError `wrong_encryption_key`
 */
export const checkCanaries = async (db: Kysely<Schema>, cipher: Cipher): Promise<void> => {
  if (!(await hasMeta(db))) return;
  for (const { key, value } of await readCanaries(db)) cipher.open(value, locationOf(key));
};

/** Stores a canary of the current key for the next start, unless there is one. Comes before the first value of that key. */
export const sealCanary = async (db: Kysely<Schema>, cipher: Cipher): Promise<void> => {
  const key = keyOf(cipher.kid);
  await db
    .insertInto('bellwire_meta')
    .values({ key, value: cipher.seal('bellwire', locationOf(key)) })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
};

/** Lets the server start without a key that nothing needs anymore. */
export const removeCanary = async (db: Kysely<Schema>, kid: string): Promise<void> => {
  await db.deleteFrom('bellwire_meta').where('key', '=', keyOf(kid)).execute();
};
