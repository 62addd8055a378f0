import type { MoveEnd, Progress } from './move-end.ts';
import { type MovedTable, movedTables } from './moved-tables.ts';

export interface CopyOptions {
  readonly from: MoveEnd;
  readonly to: MoveEnd;
  /** Where an earlier run ended. */
  readonly progress: Progress;
  /** Called after each slice, with the rows of the table so far in this run. */
  readonly onRows: (table: string, rows: number) => void;
}

const copyTable = async (table: MovedTable, { from, to, progress, onRows }: CopyOptions): Promise<void> => {
  let { after } = progress;
  for (let copied = 0; ;) {
    const rows = await from.slice(table, after);
    const last = rows.at(-1);
    if (last === undefined) return;
    after = table.key.map((column) => last[column] ?? null);
    await to.append(table, rows.map(to.fit), { ...progress, table: table.name, after });
    copied += rows.length;
    onRows(table.name, copied);
  }
};

/**
 * Copies all rows after those that an earlier run has copied, in slices. Each slice and the progress are one
 * transaction of the target, so a run that is killed at any moment leaves a state that the next one continues.
 */
export const copyRows = async (options: CopyOptions): Promise<void> => {
  const { progress } = options;
  const begin = movedTables.findIndex(({ name }) => name === progress.table);
  for (const table of movedTables.slice(begin)) {
    const after = table.name === progress.table ? progress.after : null;
    await copyTable(table, { ...options, progress: { ...progress, after } });
  }
};
