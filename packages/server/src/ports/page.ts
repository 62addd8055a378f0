/** A page of a list, newest first. `after` is the id of the last row of the previous page. */
export interface PageQuery {
  readonly limit: number;
  readonly after: string | null;
}

export interface Page<T> {
  readonly data: readonly T[];
  /** The `after` of the next page; null on the last page. */
  readonly next: string | null;
}
