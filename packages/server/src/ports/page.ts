/**
 * A page of a list, newest first. `after` is the id of the last row of the previous page. A page ends at `limit` rows or
 * at 4 MiB, and has at least one row unless the list has none left.
 */
export interface PageQuery {
  readonly limit: number;
  readonly after: string | null;
}

export interface Page<T> {
  readonly data: readonly T[];
  /** The `after` of the next page; null on the last page. */
  readonly next: string | null;
}
