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
  /** Completes the definition of a table whose rows go together when the day of this id is over for long enough. */
  readonly byDay: <T extends string, C extends string>(
    table: CreateTableBuilder<T, C>,
    id: C,
  ) => CreateTableBuilder<T, C>;
  /** The same for the table of deliveries, where those that have ended are apart from those that have not. */
  readonly byStatus: <T extends string, C extends string>(
    table: CreateTableBuilder<T, C>,
  ) => CreateTableBuilder<T, C>;
  /** Columns that the primary key of deliveries has as well. */
  readonly in_delivery_key: readonly 'status'[];
  /** The table of deliveries that have not ended, and of those that have. */
  readonly open_deliveries: string;
  readonly finished_deliveries: string;
  /** Completes the tables of deliveries, before their indexes. */
  readonly splitDeliveries: (db: Kysely<unknown>) => Promise<void>;
  /** Makes an idempotency key of a workspace and a tenant unique. */
  readonly createIdempotencyKeys: (db: Kysely<unknown>) => Promise<void>;
  /** Whether a table exists, in one of the schemas of the database; null where a database has no schemas. */
  readonly hasTable: (db: QueryExecutorProvider, name: string, schema: string | null) => Promise<boolean>;
  /** Creates the tables that only this database has. */
  readonly createOwn: (db: Kysely<unknown>) => Promise<void>;
}
