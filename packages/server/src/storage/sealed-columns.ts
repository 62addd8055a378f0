/**
 * Every column with encrypted values, by the primary key `id` of its table. `bellwire rekey` encrypts exactly these again, so
 * a column that is missing here would become unreadable when its key is removed. A test compares them with the schema.
 */
export const sealedColumns = [
  { table: 'bellwire_hooks', column: 'headers' },
  { table: 'bellwire_hooks', column: 'client_certificate' },
  { table: 'bellwire_hooks', column: 'fingerprint' },
  { table: 'bellwire_secrets', column: 'secret' },
] as const;

export type SealedColumn = (typeof sealedColumns)[number];
