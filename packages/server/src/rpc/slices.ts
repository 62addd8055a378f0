/** Rows that are handled at once, which takes about a millisecond. */
const SLICE = 100;

/** Maps rows slice by slice, and awaits a turn before each further slice. */
export const mapInSlices = async <T, V>(
  rows: readonly T[],
  map: (slice: readonly T[]) => readonly V[],
  turn: () => Promise<void>,
): Promise<V[]> => {
  const mapped: V[] = [];
  for (let from = 0; from < rows.length; from += SLICE) {
    if (from > 0) await turn();
    mapped.push(...map(rows.slice(from, from + SLICE)));
  }
  return mapped;
};

/** The output of a list: rows, and where the next page begins. */
export interface Rows {
  readonly data: readonly unknown[];
  readonly next_cursor: unknown;
}

/** Whether the output of a procedure is a page of a list. */
export const isPage = (output: unknown): output is Rows =>
  typeof output === 'object' &&
  output !== null &&
  'next_cursor' in output &&
  'data' in output &&
  Array.isArray(output.data);
