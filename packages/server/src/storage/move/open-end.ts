import { sql } from 'kysely';
import { BellwireError } from '../../core/errors.ts';
import {
  migratePostgres,
  openPostgres,
  pendingPostgres,
  type PostgresDatabase,
} from '../postgres/database.ts';
import { connectionFailure, printableUrl } from '../postgres/database-url.ts';
import { DEAD_AFTER_MS } from '../postgres/node.ts';
import { databaseNow } from '../postgres/nodes-table.ts';
import type { MoveEnd } from './move-end.ts';
import { postgresRows } from './postgres-end.ts';

/** One for the lock, the others for slices. */
const CONNECTIONS = 3;

const failed = (message: string, cause?: unknown): BellwireError =>
  new BellwireError('move_failed', message, cause === undefined ? {} : { cause });

interface MoveLock {
  /** Throws if the lock is lost. */
  readonly check: () => Promise<void>;
  readonly release: () => Promise<void>;
}

/**
 * Locks a database against other moves. The lock belongs to a transaction and not to a session, because a pooler in
 * transaction mode shares sessions; the transaction holds no snapshot.
 */
const lockDatabase = async ({ pool, schema }: PostgresDatabase, name: string): Promise<MoveLock> => {
  const client = await pool.connect().catch((error: unknown) => {
    throw failed(`${name} cannot be opened (${connectionFailure(error)}). Nothing was copied.`, error);
  });
  let is_lost = false;
  client.on('error', () => {
    is_lost = true;
  });
  await client.query('begin');
  await client.query('set local idle_in_transaction_session_timeout = 0');
  const { rows } = await client.query<{ locked: boolean }>(
    `select pg_try_advisory_xact_lock(hashtextextended('bellwire move ' || coalesce($1, current_schema(), ''), 0)) as locked`,
    [schema],
  );
  if (rows[0]?.locked !== true) {
    client.release(true);
    throw failed(`Another "bellwire migrate" is using ${name}. Wait until it ends.`);
  }
  return {
    check: async () => {
      if (!is_lost) await client.query('select 1').catch(() => (is_lost = true));
      if (is_lost)
        throw failed(`The connection to ${name} was lost. Start the same command again: it continues.`);
    },
    release: async () => client.release(true),
  };
};

/** Refuses a database on which a server runs. */
const assertNoNodes = async ({ db }: PostgresDatabase, name: string): Promise<void> => {
  const { rows } = await sql<{ nodes: number }>`
    select count(*) as nodes from ${sql.table('bellwire_nodes')}
    where seen_at > ${databaseNow} - ${sql.lit(DEAD_AFTER_MS)}`.execute(db);
  const nodes = rows[0]?.nodes ?? 0;
  if (nodes === 0) return;
  throw failed(
    `${nodes === 1 ? 'A server uses' : `${nodes} servers use`} ${name}. Stop all servers on it, and start the same command again; one that was killed counts for ${DEAD_AFTER_MS / 1000} seconds.`,
  );
};

/**
 * Opens a PostgreSQL database for a move, locked against other moves.
 * @throws BellwireError `move_failed` if it cannot be reached, or while another move uses it.
 */
export const openPostgresEnd = async (url: string, schema: string | null = null): Promise<MoveEnd> => {
  const name = printableUrl(url);
  const database = openPostgres(url, { connections: CONNECTIONS, schema });
  try {
    const lock = await lockDatabase(database, name);
    const { db } = database;
    const isMigrated = async () => (await pendingPostgres(database)).length === 0;
    return {
      name,
      db,
      isMigrated,
      migrate: () => migratePostgres(database),
      assertAlone: async () => {
        await lock.check();
        // Without tables, there are no nodes.
        if (await isMigrated()) await assertNoNodes(database, name);
      },
      ...postgresRows(database),
      [Symbol.asyncDispose]: async () => {
        await lock.release();
        await database.close();
      },
    };
  } catch (error) {
    await database.close();
    throw error;
  }
};
