/** A statement of the open transaction, with its parameters by name. */
export interface Statement<P, R = never> {
  /** Runs the statement and returns the number of changed rows. */
  readonly run: (params: P) => number;
  readonly get: (params: P) => R | undefined;
}

/** A statement that is only run. */
export type Command<P> = Pick<Statement<P>, 'run'>;

/** A statement of which the first row is read. */
export type Query<P, R> = Pick<Statement<P, R>, 'get'>;
