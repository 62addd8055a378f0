import type { Page, PageQuery } from '../../ports/page.ts';

/** One row more than requested, to see whether there is another page. */
export const rowsToFetch = ({ limit }: PageQuery): number => limit + 1;

/** A page of up to `rowsToFetch` rows; `keyOf` returns the value of the column that orders the list. */
export const toPage = <R, T>(
  rows: readonly R[],
  { limit }: PageQuery,
  shape: { readonly to: (row: R) => T; readonly keyOf: (row: R) => string },
): Page<T> => {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    data: shown.map(shape.to),
    next: rows.length > limit && last !== undefined ? shape.keyOf(last) : null,
  };
};
