import type { ColumnDataType, ColumnDefinitionBuilder, CreateTableBuilder, RawBuilder } from 'kysely';

type ColumnType = ColumnDataType | RawBuilder<unknown>;

/** How a database spells what table definitions need. Everything else in a migration is the same for all. */
export interface SchemaDialect {
  /** Ids, which compare as bytes: lists, cursors and ranges rely on their order. */
  readonly id: ColumnType;
  /** 64-bit integers: milliseconds and counts. */
  readonly integer: ColumnType;
  readonly real: ColumnType;
  /** A number that the database counts up by itself. */
  readonly generated: (column: ColumnDefinitionBuilder) => ColumnDefinitionBuilder;
  /** Finishes the definition of a table. */
  readonly table: <T extends string, C extends string>(
    table: CreateTableBuilder<T, C>,
  ) => CreateTableBuilder<T, C>;
  /** The same for a table of small rows that are read in ranges of their primary key. */
  readonly clusteredTable: <T extends string, C extends string>(
    table: CreateTableBuilder<T, C>,
  ) => CreateTableBuilder<T, C>;
}
