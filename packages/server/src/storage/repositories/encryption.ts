import { type Kysely, sql } from 'kysely';
import type { Encryption, EncryptionKey, RekeyedSlice } from '../../ports/encryption.ts';
import { canaryKeys, removeCanary, sealCanary } from '../canary.ts';
import type { Cipher } from '../cipher.ts';
import { type SealedColumn, sealedColumns } from '../sealed-columns.ts';
import type { Connections, Schema } from '../schema.ts';
import { inTransaction } from './in-transaction.ts';
import type { RepositoryParts } from './parts.ts';

/** Values per transaction: other commits wait for it. */
const BATCH = 50;

interface SealedValue {
  readonly id: string;
  readonly sealed: string;
}

interface Place {
  /** The index of the column in `sealedColumns`. */
  readonly at: number;
  readonly id: string;
}

const parsePlace = (text: string | null): Place => {
  const [, at = '0', id = ''] = /^(\d{1,3}):(.*)$/.exec(text ?? '') ?? [];
  return { at: Number(at), id };
};

/** Whether a value is encrypted with a key. Not LIKE, in which `_` of a key id would match any character. */
const isWith = (column: SealedColumn['column'], kid: string) =>
  sql<boolean>`substr(${sql.ref(column)}, 1, ${sql.lit(kid.length + 1)}) = ${`${kid}|`}`;

const findOthers = async (
  db: Kysely<Schema>,
  { table, column }: SealedColumn,
  { kid, after, limit }: { readonly kid: string; readonly after: string; readonly limit: number },
): Promise<readonly SealedValue[]> => {
  const { rows } = await sql<SealedValue>`
    select id, ${sql.ref(column)} as sealed from ${sql.table(table)}
    where id > ${after} and ${sql.ref(column)} is not null and not ${isWith(column, kid)}
    order by id limit ${sql.lit(limit)}`.execute(db);
  return rows;
};

/** The new text of a value; null if no key of the key ring decrypts the old one. */
const resealed = (cipher: Cipher, { table, column }: SealedColumn, { id, sealed }: SealedValue) => {
  const location = { table, column, id };
  try {
    return cipher.seal(cipher.open(sealed, location), location);
  } catch {
    return null;
  }
};

const rekeyBatch = async (
  { db, reader }: Connections,
  cipher: Cipher,
  { at, id: after }: Place,
): Promise<RekeyedSlice> => {
  const column = sealedColumns[at];
  if (column === undefined) return { rekeyed: 0, unreadable: [], next: null };
  const found = await findOthers(reader, column, { kid: cipher.kid, after, limit: BATCH });
  const unreadable: string[] = [];
  const changes = found.flatMap((value) => {
    const text = resealed(cipher, column, value);
    if (text !== null) return [{ ...value, text }];
    unreadable.push(`${column.table}.${column.column} ${value.id}`);
    return [];
  });
  if (changes.length > 0) {
    await inTransaction(db, async (trx) => {
      for (const { id, sealed, text } of changes) {
        // Only if it is still the value that was read: a newer one has the current key.
        await sql`
          update ${sql.table(column.table)} set ${sql.ref(column.column)} = ${text}
          where id = ${id} and ${sql.ref(column.column)} = ${sealed}`.execute(trx);
      }
    });
  }
  const last = found.length < BATCH ? null : found.at(-1);
  const next = last === null || last === undefined ? `${at + 1}:` : `${at}:${last.id}`;
  return { rekeyed: changes.length, unreadable, next };
};

/** The number of values by key id. Values of unknown keys count as `?`. */
const countByKey = async (
  db: Kysely<Schema>,
  kids: readonly string[],
): Promise<ReadonlyMap<string, number>> => {
  const counts = new Map<string, number>(kids.map((kid) => [kid, 0]));
  const add = (kid: string, count: unknown): void =>
    void counts.set(kid, (counts.get(kid) ?? 0) + Number(count));
  for (const { table, column } of sealedColumns) {
    const sums = kids.map(
      (kid, at) =>
        sql`coalesce(sum(case when ${isWith(column, kid)} then 1 else 0 end), 0) as ${sql.ref(`k${at}`)}`,
    );
    const { rows } = await sql<Readonly<Record<string, unknown>>>`
      select count(${sql.ref(column)}) as total, ${sql.join(sums)} from ${sql.table(table)}`.execute(db);
    const [row = {}] = rows;
    const known = kids.map((_, at) => Number(row[`k${at}`]));
    for (const [at, kid] of kids.entries()) add(kid, known[at]);
    const others = Number(row['total']) - known.reduce((sum, one) => sum + one, 0);
    if (others > 0) add('?', others);
  }
  return counts;
};

/** The keys of values at rest, and their rotation. */
export const createEncryption = (connections: Connections, { cipher }: RepositoryParts): Encryption => {
  const { db, reader } = connections;
  const keys = async (): Promise<readonly EncryptionKey[]> => {
    const with_canary = await canaryKeys(reader);
    const kids = [...new Set([...cipher.kids, ...with_canary])];
    const counts = await countByKey(reader, kids);
    return [...counts].map(([id, values]) => {
      const is_current = id === cipher.kid;
      const is_in_ring = cipher.kids.includes(id);
      const is_removable = is_in_ring && !is_current && values === 0 && !with_canary.includes(id);
      return { id, is_in_ring, is_current, values, is_removable };
    });
  };
  /** Removes what would refuse a start without the old keys. */
  const finish = async (): Promise<void> => {
    await sealCanary(db, cipher);
    for (const { id, is_current, values } of await keys()) {
      if (!is_current && values === 0) await removeCanary(db, id);
    }
  };
  return {
    current: cipher.kid,
    keys,
    rekey: async (after, limit) => {
      let [rekeyed, next] = [0, after];
      const unreadable: string[] = [];
      for (let batches = Math.ceil(limit / BATCH); batches > 0; batches -= 1) {
        const batch = await rekeyBatch(connections, cipher, parsePlace(next));
        rekeyed += batch.rekeyed;
        unreadable.push(...batch.unreadable);
        next = batch.next;
        if (next !== null) continue;
        await finish();
        break;
      }
      return { rekeyed, unreadable, next };
    },
  };
};
