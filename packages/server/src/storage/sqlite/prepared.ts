import type { Database } from 'better-sqlite3';
import type { Compilable, Kysely } from 'kysely';
import type { Schema } from '../schema.ts';

/** A connection, as Kysely and as better-sqlite3. */
export interface SqliteConnection {
  readonly db: Kysely<Schema>;
  readonly raw: Database;
}

/** A placeholder in a query for a value of type `P[K]`, bound when the query runs. */
export type Param<P> = <K extends keyof P & string>(name: K) => P[K];

/** A statement compiled once by Kysely and prepared once by SQLite. */
export interface Prepared<P, R> {
  /** Runs the statement and returns the number of changed rows. */
  readonly run: (params: P) => number;
  readonly get: (params: P) => R | undefined;
  readonly all: (params: P) => R[];
}

class Marker {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/**
 * Compiles a Kysely query once, so that the hot path neither compiles nor prepares. `build` is called once, with
 * `param('name')` for every value that varies; constants are bound as they are.
 */
export const prepare = <P, R = never>(
  raw: Database,
  build: (param: Param<P>) => Compilable<R>,
): Prepared<P, R> => {
  const compiled = build(((name: string) => new Marker(name)) as unknown as Param<P>).compile();
  const statement = raw.prepare<unknown[], R>(compiled.sql);
  const names = compiled.parameters.map((value) => (value instanceof Marker ? value.name : null));
  const bind = (params: P): unknown[] =>
    names.map((name, index) =>
      name === null ? compiled.parameters[index] : (params as Record<string, unknown>)[name],
    );
  return {
    run: (params) => statement.run(...bind(params)).changes,
    get: (params) => statement.get(...bind(params)),
    all: (params) => statement.all(...bind(params)),
  };
};

/** A row of parameters with the names of its columns. */
export const columns = <P>(param: Param<P>, names: readonly (keyof P & string)[]): P =>
  Object.fromEntries(names.map((name) => [name, param(name)])) as P;
