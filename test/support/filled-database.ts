import Database from 'better-sqlite3';
import { createCipher } from '../../packages/server/src/storage/cipher.ts';
import { deliveryStatuses } from '../../packages/server/src/core/delivery.ts';
import { firstIdAt } from '../../packages/server/src/core/ids.ts';
import { sealCanary } from '../../packages/server/src/storage/canary.ts';
import { migrateToLatest } from '../../packages/server/src/storage/migrations/migrate.ts';
import { movedTables } from '../../packages/server/src/storage/move/moved-tables.ts';
import { openSqlite } from '../../packages/server/src/storage/sqlite/database.ts';
import { sqliteSchema } from '../../packages/server/src/storage/sqlite/schema-dialect.ts';

interface Column {
  readonly name: string;
  readonly type: 'TEXT' | 'INTEGER' | 'REAL';
  readonly notnull: number;
  readonly pk: number;
}

/** Texts that drivers, arrays and dumps treat specially. */
const AWKWARD = [
  '',
  'plain ',
  'ü € 𝄞 \uFFFD ',
  `it's "quoted" \\ `,
  'NULL',
  '\\N\n\t\r ',
  '{a,"b",NULL}',
  '{"order":{"total":4.20}} ',
  'long '.repeat(120),
];
const WORKSPACES = 20;
const HOOKS = 200;
/** The greatest number that a hook had, which is deleted. */
export const LAST_HOOK_NUMBER = 5_000;

/** How many rows a table gets of a total, so that the large ones are those of production. */
const sizeOf = (table: string, total: number): number => {
  if (table === 'bellwire_workspaces') return WORKSPACES;
  if (table === 'bellwire_hooks' || table === 'bellwire_throttles') return HOOKS;
  if (/_(?:events|deliveries|attempts)$/.test(table)) return Math.floor(total * 0.3);
  return Math.floor(total * 0.01);
};

const numberIn = (column: string, index: number): number => {
  if (column === 'number') return (index + 1) * 3;
  if (column.endsWith('_at')) return index === 1 ? Number.MAX_SAFE_INTEGER : 1_790_000_000_000 + index;
  return index % 1_000;
};

/** The id of a row of an event or a delivery, on one of three days. */
const idAt = (prefix: 'evt' | 'dlv', index: number): string =>
  firstIdAt(prefix, 1_790_000_000_000 + (index % 3) * 86_400_000 + index);

/** Columns whose values choose a partition. */
const PARTITIONED: Readonly<Record<string, (index: number) => string>> = {
  'bellwire_events.id': (index) => idAt('evt', index),
  'bellwire_deliveries.id': (index) => idAt('dlv', index),
  'bellwire_deliveries.status': (index) => deliveryStatuses[index % deliveryStatuses.length] ?? '',
  'bellwire_attempts.delivery_id': (index) => idAt('dlv', index),
  'bellwire_event_metadata.event_id': (index) => idAt('evt', index),
  'bellwire_request_bodies.event_id': (index) => idAt('evt', index),
};

const valueOf = ({ name, type, notnull, pk }: Column, index: number): string | number | null => {
  if (name === 'workspace_id') return `ws_${index % WORKSPACES}`;
  if (name === 'hook_id') return `wh_${index % HOOKS}`;
  if (notnull === 0 && pk === 0 && (index + name.length) % 3 === 0) return null;
  if (type === 'REAL') return index / 7;
  if (type === 'INTEGER') return numberIn(name, index);
  // Unique in every column, as some indexes require.
  const awkward = pk > 0 ? '' : AWKWARD[(index + name.length) % AWKWARD.length];
  return `${awkward}${name}-${index}`;
};

const fillTable = (raw: Database.Database, table: string, rows: number): void => {
  const columns = raw
    .prepare(`select name, type, "notnull", pk from pragma_table_info('${table}')`)
    .all() as Column[];
  const insert = raw.prepare(
    `insert into ${table} (${columns.map(({ name }) => `"${name}"`).join(', ')}) values (${columns.map(() => '?').join(', ')})`,
  );
  const idOf: Record<string, string> = { bellwire_workspaces: 'ws', bellwire_hooks: 'wh' };
  const prefix = idOf[table];
  const value = (column: Column, index: number): string | number | null => {
    if (column.name === 'id' && prefix !== undefined) return `${prefix}_${index}`;
    return PARTITIONED[`${table}.${column.name}`]?.(index) ?? valueOf(column, index);
  };
  for (let index = 0; index < rows; index += 1) {
    insert.run(...columns.map((column) => value(column, index)));
  }
};

/** Creates a database with about `total` rows, some in every table, and a canary of the key. Returns their number. */
export const fillDatabase = async (path: string, total: number, key_ring: string): Promise<number> => {
  const database = openSqlite(path);
  await migrateToLatest(database.db, sqliteSchema);
  await sealCanary(database.db, createCipher(key_ring));
  const { raw } = database;
  raw.transaction(() => {
    for (const { name } of movedTables) fillTable(raw, name, sizeOf(name, total));
    raw.exec(`insert into bellwire_hooks (number, id, workspace_id, name, url, events, method, content_type, dialect,
      status, insecure_ssl, created_at, updated_at)
      values (${LAST_HOOK_NUMBER}, 'wh_last', 'ws_0', '', '', '', '', '', '', '', 0, 0, 0)`);
    raw.exec(`delete from bellwire_hooks where id = 'wh_last'`);
  })();
  await database.close();
  return movedTables.reduce((sum, { name }) => sum + sizeOf(name, total), 1);
};

/** The tables in which two database files differ in any row. Reads both with SQLite alone. */
export const differingTables = (first: string, second: string): readonly string[] => {
  const database = new Database(first);
  try {
    database.prepare('attach ? as other').run(second);
    return movedTables
      .map(({ name }) => name)
      .filter((table) => {
        const columns = database
          .prepare(`select group_concat('"' || name || '"') from pragma_table_info('${table}')`)
          .pluck()
          .get() as string;
        const differ = (one: string, two: string) =>
          database
            .prepare(
              `select count(*) from (select ${columns} from ${one}.${table} except select ${columns} from ${two}.${table})`,
            )
            .pluck()
            .get() as number;
        const count = (one: string) => database.prepare(`select count(*) from ${one}.${table}`).pluck().get();
        return differ('main', 'other') + differ('other', 'main') > 0 || count('main') !== count('other');
      });
  } finally {
    database.close();
  }
};

/** The number of rows by table. */
export const countTables = (path: string): Readonly<Record<string, number>> => {
  const database = new Database(path, { readonly: true });
  try {
    const count = (table: string) =>
      database.prepare(`select count(*) from ${table}`).pluck().get() as number;
    return Object.fromEntries(movedTables.map(({ name }) => [name, count(name)]));
  } finally {
    database.close();
  }
};
