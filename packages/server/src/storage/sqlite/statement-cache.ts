import type { Database, Statement } from 'better-sqlite3';
import { LRUCache } from 'lru-cache';

/** A limit, because lists of ids make the number of distinct statements unbounded. */
const STATEMENTS_MAX = 100;

/**
 * The statements of a connection, each prepared once: to prepare one costs more than to run a small one. Not for
 * `iterate`, during which a statement cannot be used again.
 */
export class StatementCache {
  readonly #raw: Database;
  readonly #prepared = new LRUCache<string, Statement>({ max: STATEMENTS_MAX });

  constructor(raw: Database) {
    this.#raw = raw;
  }

  prepare(sql: string): Statement {
    const known = this.#prepared.get(sql);
    if (known !== undefined) return known;
    const statement = this.#raw.prepare(sql);
    this.#prepared.set(sql, statement);
    return statement;
  }
}
