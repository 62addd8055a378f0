import { hash } from 'node:crypto';
import { BellwireError } from '../../core/errors.ts';
import type { Row, Value } from './move-end.ts';

const MASK = (1n << 64n) - 1n;

const assertExact = (value: Value, column: string): void => {
  if (typeof value !== 'number' || Number.isSafeInteger(value) || !Number.isInteger(value)) return;
  throw new BellwireError(
    'move_failed',
    `A row has the number ${value} in the column "${column}", which is beyond what can be copied exactly.`,
  );
};

/**
 * Count and checksum of a set of rows, independent of their order: databases sort differently. Each row is hashed with
 * SHA-256 over its values as JSON, and the first 128 bits of all hashes are added up.
 */
export class RowSum {
  readonly #columns: readonly string[];
  #high = 0n;
  #low = 0n;
  #rows = 0;

  constructor(columns: readonly string[]) {
    this.#columns = columns;
  }

  get rows(): number {
    return this.#rows;
  }

  add(row: Row): void {
    const values = this.#columns.map((column) => {
      const value = row[column] ?? null;
      assertExact(value, column);
      return value;
    });
    const digest = hash('sha256', JSON.stringify(values), 'buffer');
    this.#high = (this.#high + digest.readBigUInt64BE(0)) & MASK;
    this.#low = (this.#low + digest.readBigUInt64BE(8)) & MASK;
    this.#rows += 1;
  }

  /** 32 hexadecimal digits. */
  get checksum(): string {
    return [this.#high, this.#low].map((half) => half.toString(16).padStart(16, '0')).join('');
  }
}
