import type {
  ColumnDataType,
  ColumnDefinitionBuilder,
  CreateTableBuilder,
  Kysely,
  QueryExecutorProvider,
  RawBuilder,
} from 'kysely';

type ColumnType = ColumnDataType | RawBuilder<unknown>;

/** The parts of table definitions that differ between databases. */
export interface SchemaDialect {
  /** Ids, which must compare as bytes: keyset pagination and ranges rely on their order. */
  readonly id: ColumnType;
  /** 64-bit integers: milliseconds and counts. */
  readonly integer: ColumnType;
  readonly real: ColumnType;
  /** An auto-incremented number. */
  readonly generated: (column: ColumnDefinitionBuilder) => ColumnDefinitionBuilder;
  /** Completes the definition of a table. */
  readonly table: <T extends string, C extends string>(
    table: CreateTableBuilder<T, C>,
  ) => CreateTableBuilder<T, C>;
  /** The same for a table of small rows that is read in ranges of its primary key. */
  readonly clusteredTable: <T extends string, C extends string>(
    table: CreateTableBuilder<T, C>,
  ) => CreateTableBuilder<T, C>;
  /** Whether a table exists, in one of the schemas of the database; null where a database has no schemas. */
  readonly hasTable: (db: QueryExecutorProvider, name: string, schema: string | null) => Promise<boolean>;
  /** Creates the tables that only this database has. */
  readonly createOwn: (db: Kysely<unknown>) => Promise<void>;
}
