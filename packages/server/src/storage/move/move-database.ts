import { BellwireError } from '../../core/errors.ts';
import { checkCanaries, hasCanary } from '../canary.ts';
import { createCipher } from '../cipher.ts';
import { type ComparedTable, compareRows, type Comparison } from './compare-rows.ts';
import { copyRows } from './copy-rows.ts';
import type { MoveEnd, Progress } from './move-end.ts';
import { movedTables } from './moved-tables.ts';
import { identityOf, isEmpty, readProgress, removeProgress } from './progress.ts';

export interface MoveOptions {
  readonly from: MoveEnd;
  readonly to: MoveEnd;
  /** Each of these key rings must decrypt the secrets; none if there is none. */
  readonly key_rings: readonly string[];
  /** Deletes what an unfinished move has copied, and begins again. */
  readonly restart: boolean;
  /** Called after each slice, with the rows of the table so far in this run. */
  readonly onRows: (table: string, rows: number) => void;
  /** Called before both databases are read to compare them. */
  readonly onCompare: () => void;
}

export interface Move {
  readonly from: string;
  readonly to: string;
  /** `complete` if an earlier run has copied everything, `resumed` if it has copied a part. */
  readonly began: 'new' | 'resumed' | 'complete';
  readonly tables: readonly ComparedTable[];
  readonly rows: number;
  /** The number of rows in which U+FFFD replaces characters that the target cannot store. */
  readonly replaced: number;
}

const refused = (message: string): BellwireError => new BellwireError('move_failed', message);

const checkSource = async ({ from, key_rings }: MoveOptions): Promise<void> => {
  if (!(await from.isMigrated())) {
    throw refused(
      `${from.name} does not have the tables of this version of Bellwire. Run "bellwire db:migrate" for it first; nothing was copied.`,
    );
  }
  if ((await readProgress(from.db)) !== null) {
    throw refused(`${from.name} is itself the target of a move that is not complete. Nothing was copied.`);
  }
  if ((await hasCanary(from.db)) && key_rings.length === 0) {
    throw refused(
      `${from.name} has encrypted values, and there are no keys to check. Set BELLWIRE_ENCRYPTION_KEYS to its keys; nothing was copied.`,
    );
  }
  for (const keys of key_rings) await checkCanaries(from.db, createCipher(keys));
};

/** Prepares the target. Null if it already has everything. */
const begin = async (
  options: MoveOptions,
): Promise<{ readonly progress: Progress; readonly is_new: boolean } | Comparison> => {
  const { from, to, restart } = options;
  if (!(await to.isMigrated())) await to.migrate();
  const source = await identityOf(from);
  const fresh: Progress = { source, table: movedTables[0]?.name ?? '', after: null };
  const found = await readProgress(to.db);
  if (found === null && !(await isEmpty(to))) {
    options.onCompare();
    const comparison = await compareRows(options);
    if (comparison.equal) return comparison;
    throw refused(
      `${to.name} holds other data than ${from.name} (the table ${comparison.table} differs). Choose an empty database as the target; nothing was copied.`,
    );
  }
  if (found !== null && restart) await to.clear();
  else if (found !== null && found.source !== source) {
    throw refused(
      `${to.name} has an unfinished move of another database. Run that one to its end, or delete what it has copied with --restart.`,
    );
  }
  if (found !== null && !restart) return { progress: found, is_new: false };
  await saveBeginning(to, fresh);
  return { progress: fresh, is_new: true };
};

/** From now on, no server starts on the target until the move is complete. */
const saveBeginning = async (to: MoveEnd, progress: Progress): Promise<void> => {
  const [first] = movedTables;
  if (first !== undefined) await to.append(first, [], progress);
};

const toMove = (
  { from, to }: MoveOptions,
  began: Move['began'],
  { tables, replaced }: Extract<Comparison, { readonly equal: true }>,
): Move => ({
  from: from.name,
  to: to.name,
  began,
  tables,
  rows: tables.reduce((sum, { rows }) => sum + rows, 0),
  replaced,
});

/**
 * Copies every row of a database to another one, without changing a value, and compares both. It can be killed at any
 * moment; called again, it continues. The target refuses servers until it is complete. The source is not changed.
 * @throws BellwireError `move_failed`, `wrong_encryption_key`.
 */
export const moveDatabase = async (options: MoveOptions): Promise<Move> => {
  const { from, to, onRows } = options;
  await from.assertAlone();
  await to.assertAlone();
  await checkSource(options);
  const begun = await begin(options);
  if ('equal' in begun) {
    if (!begun.equal) throw refused(`${to.name} differs from ${from.name}.`);
    return toMove(options, 'complete', begun);
  }
  await copyRows({ from, to, progress: begun.progress, onRows });
  await to.continueAfter(await from.lastHookNumber());
  options.onCompare();
  const comparison = await compareRows(options);
  if (!comparison.equal) {
    const [there, here] = comparison.rows;
    throw refused(
      `The table ${comparison.table} differs after the copy: ${there} rows in ${from.name}, ${here} rows in ${to.name}. Probably a server has changed ${from.name} since the move began. Stop it, and begin again with --restart. The source is unchanged.`,
    );
  }
  await from.assertAlone();
  await to.assertAlone();
  await removeProgress(to.db);
  return toMove(options, begun.is_new ? 'new' : 'resumed', comparison);
};
