import type { Kysely } from 'kysely';
import type { Schema } from '../schema.ts';
import type { MovedTable } from './moved-tables.ts';

export type Value = string | number | null;

/** A row by column. */
export type Row = Readonly<Record<string, Value>>;

/** The values of a primary key. */
export type Key = readonly Value[];

/** Progress of an unfinished move. A table that is not mentioned is not begun. */
export interface Progress {
  /** Identifies the database that is copied. */
  readonly source: string;
  /** The table that is being copied. */
  readonly table: string;
  /** The key of its last copied row; null if there is none. */
  readonly after: Key | null;
}

/** Maximum size of a slice, which is also the longest transaction of a move. A slice has at least one row. */
export const SLICE = { rows: 1_000, bytes: 4_194_304 } as const;

/** A database from which or to which rows are moved, locked for this process. */
export interface MoveEnd extends AsyncDisposable {
  /** For messages; without a password. */
  readonly name: string;
  readonly db: Kysely<Schema>;
  /** Whether the tables of this version exist. */
  readonly isMigrated: () => Promise<boolean>;
  /** Creates or updates the tables. */
  readonly migrate: () => Promise<void>;
  /** Throws if another process writes to the database. */
  readonly assertAlone: () => Promise<void>;
  /** The names of all columns, in alphabetical order. */
  readonly columnsOf: (table: MovedTable) => Promise<readonly string[]>;
  /** The first rows after a key, in the order of keys; empty at the end. */
  readonly slice: (table: MovedTable, after: Key | null) => Promise<readonly Row[]>;
  /** The row as this database can store it. */
  readonly fit: (row: Row) => Row;
  /** Inserts rows and stores the progress, in one transaction. */
  readonly append: (table: MovedTable, rows: readonly Row[], progress: Progress) => Promise<void>;
  /** Deletes the rows of all moved tables. */
  readonly clear: () => Promise<void>;
  /** The greatest number that a hook has had; 0 without hooks. */
  readonly lastHookNumber: () => Promise<number>;
  /** Lets the numbers of new hooks begin after this one. */
  readonly continueAfter: (number: number) => Promise<void>;
}
