import type { Compilable, Kysely, RawBuilder } from 'kysely';
import type { PoolClient, QueryConfig } from 'pg';
import { sha256 } from '../../core/signing.ts';
import { isDisturbed, RUNS_MAX } from '../disturbed.ts';
import { AlreadyChanged } from './already-changed.ts';
import { BEGIN, type PostgresDatabase } from './database.ts';
import { missingTimeOf } from './days.ts';
import { codeOf, isLost } from './storage-error.ts';
import { storable } from './storable.ts';
import type { Schema } from '../schema.ts';

/** A query of Kysely, or one written as text. */
type Query<R> = Compilable<R> | RawBuilder<R>;

/** A statement with a constant text, which the server plans once per connection. */
export interface NamedStatement {
  readonly name: string;
  readonly text: string;
}

/** SQLSTATE of each statement after one that failed. */
const ABORTED = '25P02';

const names = new Map<string, string>();

/** A name of its own for each text: behind a pooler, nodes of different versions share the names. */
export const statementName = (name: string, text: string): string => {
  const known = names.get(text);
  if (known !== undefined) return known;
  const version = Buffer.from(sha256(text)).toString('hex').slice(0, 8);
  const full = `bellwire_${name}_${version}`;
  names.set(text, full);
  return full;
};

/** One open transaction. */
export class Session {
  readonly db: Kysely<Schema>;
  readonly #client: PoolClient;
  readonly #prepared: PostgresDatabase['prepared'];
  #failure: unknown = null;

  constructor(client: PoolClient, { db, prepared }: Pick<PostgresDatabase, 'db' | 'prepared'>) {
    this.#client = client;
    this.#prepared = prepared;
    this.db = db;
  }

  /** The rows of a query. */
  async all<R>(query: Query<R>): Promise<R[]> {
    return (await this.#execute(query)).rows as R[];
  }

  async get<R>(query: Query<R>): Promise<R | undefined> {
    return (await this.all(query))[0];
  }

  /** The rows of a query whose text is constant, which the server plans once per connection. */
  async allPlanned<R>(name: string, query: Query<R>): Promise<R[]> {
    const { sql: text, parameters } = query.compile(this.db);
    const { is_on, version } = this.#prepared;
    const named = is_on ? { name: `${statementName(name, text)}_${version}` } : {};
    const values = parameters.map(storable);
    return (await this.#send({ ...named, text, values })).rows as R[];
  }

  /** Returns the number of changed rows. */
  async run(query: Query<unknown>): Promise<number> {
    return (await this.#execute(query)).rowCount ?? 0;
  }

  /** Runs a named statement. Returns the number of changed rows. */
  async runNamed({ name, text }: NamedStatement, values: unknown[]): Promise<number> {
    const named = this.#prepared.is_on ? { name } : {};
    return (await this.#send({ ...named, text, values })).rowCount ?? 0;
  }

  /**
   * Why the transaction failed, if this is the error of a statement that was sent before the answer to the failed one:
   * the caller may see that error first.
   */
  failureOf(error: unknown): unknown {
    return codeOf(error) === ABORTED ? (this.#failure ?? error) : error;
  }

  #execute(query: Query<unknown>) {
    const { sql: text, parameters } = query.compile(this.db);
    return this.#send({ text, values: parameters.map(storable) });
  }

  async #send(statement: QueryConfig) {
    try {
      return await this.#client.query<Record<string, unknown>>(statement);
    } catch (error) {
      this.#failure ??= error;
      throw error;
    }
  }
}

/** A prepared statement exists already, or not at all: a pooler exchanges the session between transactions. */
const isUnprepared = (error: unknown): boolean => codeOf(error) === '42P05' || codeOf(error) === '26000';

/** Another version of Bellwire has added columns to the rows that a prepared statement returns. */
const hasOldColumns = (error: unknown): boolean => codeOf(error) === '0A000';

/**
 * Begins a transaction whose statements find rows by their keys, whatever the statistics say: those of a table that was
 * empty a moment ago would make PostgreSQL read all of it, and keep that plan for a prepared statement. It estimates the
 * cost of the few plans that cannot avoid such a step as enormous, for which it would compile them first.
 */
const BEGIN_BY_KEYS = `${BEGIN}; ${[
  'enable_seqscan',
  'enable_bitmapscan',
  'enable_hashjoin',
  'enable_mergejoin',
  'jit',
]
  .map((setting) => `set local ${setting} = off`)
  .join('; ')}`;

const runOnce = async <T>(database: PostgresDatabase, work: (session: Session) => Promise<T>): Promise<T> => {
  const { pool } = database;
  const client = await pool.connect();
  const session = new Session(client, database);
  let failure: unknown = null;
  try {
    await client.query(BEGIN_BY_KEYS);
    const result = await work(session);
    const { command } = await client.query('commit');
    // The answer of the server to the commit of a transaction in which a statement has failed.
    if (command === 'ROLLBACK') throw new Error('the transaction was rolled back');
    return result;
  } catch (error) {
    failure = session.failureOf(error);
    const reason = failure;
    if (!isLost(reason)) await client.query('rollback').catch((lost: unknown) => (failure = lost));
    throw reason;
  } finally {
    client.release(failure !== null && isLost(failure));
  }
};

/**
 * Runs `work` in one transaction after `prepare`, and both again if other nodes disturb it: it must not change anything
 * but the database. When it resolves, the commit is durable.
 */
export const transact = async <T>(
  database: PostgresDatabase,
  prepare: () => Promise<void>,
  work: (session: Session) => Promise<T>,
): Promise<T> => {
  for (let run = 1; ; run += 1) {
    try {
      await prepare();
      return await runOnce(database, work);
    } catch (error) {
      const time = missingTimeOf(error);
      if (time !== null) await database.days.createAgain(time);
      else if (isUnprepared(error)) database.prepared.is_on = false;
      else if (hasOldColumns(error)) database.prepared.version += 1;
      else if (!(error instanceof AlreadyChanged) && !isDisturbed(error)) throw error;
      if (run === RUNS_MAX) throw error;
    }
  }
};
