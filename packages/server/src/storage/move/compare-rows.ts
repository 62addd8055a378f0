import { BellwireError } from '../../core/errors.ts';
import type { Key, MoveEnd, Row } from './move-end.ts';
import { type MovedTable, movedTables } from './moved-tables.ts';
import { countRows } from './progress.ts';
import { RowSum } from './row-sum.ts';

/** A table that is the same in both databases. */
export interface ComparedTable {
  readonly table: string;
  readonly rows: number;
  /** Over all rows, in hexadecimal digits. */
  readonly checksum: string;
}

/** The tables, or the first one that differs. */
export type Comparison =
  | { readonly equal: true; readonly tables: readonly ComparedTable[]; readonly replaced: number }
  | { readonly equal: false; readonly table: string; readonly rows: readonly [number, number] };

interface Ends {
  readonly from: MoveEnd;
  readonly to: MoveEnd;
}

/** Reads all rows of a table, in slices. */
const readRows = async (end: MoveEnd, table: MovedTable, onRow: (row: Row) => void): Promise<void> => {
  for (let after: Key | null = null; ;) {
    const rows: readonly Row[] = await end.slice(table, after);
    const last = rows.at(-1);
    if (last === undefined) return;
    for (const row of rows) onRow(row);
    after = table.key.map((column) => last[column] ?? null);
  }
};

const columnsOf = async ({ from, to }: Ends, table: MovedTable): Promise<readonly string[]> => {
  const [columns, others] = await Promise.all([from.columnsOf(table), to.columnsOf(table)]);
  if (columns.join() === others.join()) return columns;
  throw new BellwireError(
    'move_failed',
    `The table ${table.name} has other columns in ${to.name} than in ${from.name}: another version of Bellwire created it.`,
  );
};

const sumTable = async ({ from, to }: Ends, table: MovedTable) => {
  const columns = await columnsOf({ from, to }, table);
  const [source, target] = [new RowSum(columns), new RowSum(columns)];
  let replaced = 0;
  await Promise.all([
    readRows(from, table, (row) => {
      const fitting = to.fit(row);
      if (fitting !== row) replaced += 1;
      source.add(fitting);
    }),
    readRows(to, table, (row) => target.add(row)),
  ]);
  return { source, target, replaced };
};

/** Compares the number of rows and a checksum of all rows, for each table. Reads both databases completely if they are equal. */
export const compareRows = async (ends: Ends): Promise<Comparison> => {
  const [first, second] = [new Map<string, number>(), new Map<string, number>()];
  for (const { name } of movedTables) {
    first.set(name, await countRows(ends.from.db, name));
    second.set(name, await countRows(ends.to.db, name));
  }
  const tables: ComparedTable[] = [];
  let replaced = 0;
  for (const table of movedTables) {
    const counts = [first.get(table.name) ?? 0, second.get(table.name) ?? 0] as const;
    if (counts[0] !== counts[1]) return { equal: false, table: table.name, rows: counts };
  }
  for (const table of movedTables) {
    const sums = await sumTable(ends, table);
    const { source, target } = sums;
    const counted = first.get(table.name);
    // The sums cover every row only if the slices did.
    const is_whole = source.rows === counted && target.rows === counted;
    if (!is_whole || source.checksum !== target.checksum) {
      return { equal: false, table: table.name, rows: [source.rows, target.rows] };
    }
    replaced += sums.replaced;
    tables.push({ table: table.name, rows: source.rows, checksum: source.checksum });
  }
  return { equal: true, tables, replaced };
};
