import type { Page, PageQuery } from '../../ports/page.ts';

/** The size at which a page ends, in bytes of stored values. */
const PAGE_BYTES_MAX = 4 * 1024 * 1024;

const bytesOf = (row: object): number =>
  Object.values(row).reduce<number>(
    (sum, value) => sum + (typeof value === 'string' ? Buffer.byteLength(value) : 8),
    0,
  );

/** The number of rows at the beginning that fit on a page, by their sizes in bytes: at least one. */
const fitting = (sizes: readonly number[]): number => {
  let total = 0;
  const end = sizes.findIndex((size, index) => {
    total += size;
    return total > PAGE_BYTES_MAX && index > 0;
  });
  return end === -1 ? sizes.length : end;
};

/** One row more than requested, to see whether there is another page. */
export const rowsToFetch = ({ limit }: PageQuery): number => limit + 1;

/**
 * A page of up to `rowsToFetch` rows; `keyOf` returns the value of the column that orders the list. `sizeOf` is for rows
 * that stand for larger ones.
 */
export const toPage = <R extends object, T>(
  rows: readonly R[],
  { limit }: PageQuery,
  shape: {
    readonly to: (row: R) => T;
    readonly keyOf: (row: R) => string;
    readonly sizeOf?: (row: R) => number;
  },
): Page<T> => {
  const within = rows.slice(0, limit);
  const shown = within.slice(0, fitting(within.map(shape.sizeOf ?? bytesOf)));
  const last = shown.at(-1);
  return {
    data: shown.map(shape.to),
    next: rows.length > shown.length && last !== undefined ? shape.keyOf(last) : null,
  };
};
