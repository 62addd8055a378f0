import { resolve } from 'node:path';
import { sql } from 'kysely';
import { BellwireError } from '../../core/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import { checkCanaries, hasCanary, sealCanary } from '../canary.ts';
import { createCipher } from '../cipher.ts';
import { readOrCreateKeyRing } from '../key-ring-file.ts';
import type { OpenedStorage, StorageOptions } from '../open-storage.ts';
import { refuseUnfinishedMove } from '../move/progress.ts';
import { createPrivateFolder } from '../private-file.ts';
import { connectPostgres } from './connect-storage.ts';
import { appliedPostgres, migratePostgres, openPostgres, type PostgresDatabase } from './database.ts';
import { connectionFailure, printableUrl } from './database-url.ts';
import { Node } from './node.ts';
import { Notices } from './notices.ts';
import { OpenVacuum } from './open-vacuum.ts';
import { codeOf } from './storage-error.ts';

/** How long what this node has read of hooks, catalogs and keys may be used without another look. */
const MAX_AGE_MS = 5_000;
/**
 * Without an answer for so long, a connection is lost, as when the network drops what is sent. Longer than any statement
 * waits for a lock.
 */
const ANSWER_MS = 15_000;
/** The sender of an event gets an error after so long without an answer; the statement itself continues. */
const ACCEPT_WAIT_MS = 2_000;
/** Maximum wait for a server that is starting. */
const STARTING_MS = 30_000;
const PAUSE_MS = 250;
/** The folder of the key file, of the first API key and of the inbox, as for the default database file. */
const FOLDER = '.bellwire';

interface ServerSettings {
  readonly version: string;
  readonly synchronous_commit: string;
  readonly fsync: string;
  readonly full_page_writes: string;
  readonly is_standby: boolean;
}

/** What to do about a connection that fails, by SQLSTATE. */
const ADVICE: Readonly<Record<string, string>> = {
  '28P01': 'The password is wrong. Check BELLWIRE_DATABASE_URL.',
  '28000':
    'The server refuses this role. Check the role in BELLWIRE_DATABASE_URL and pg_hba.conf of the server.',
  '3D000': 'There is no such database. Create it, for example with: createdb',
  '53300': 'The server has no free connection. Raise its max_connections, or stop other clients.',
};

const unreachable = (url: string, error: unknown): BellwireError => {
  const advice =
    ADVICE[codeOf(error) ?? ''] ??
    'Check that the server runs and accepts connections from here, and BELLWIRE_DATABASE_URL.';
  return new BellwireError(
    'database_unreachable',
    `The database ${printableUrl(url)} cannot be opened (${connectionFailure(error)}). ${advice}`,
    { cause: error },
  );
};

const readSettings = async ({ db }: PostgresDatabase): Promise<ServerSettings> => {
  const { rows } = await sql<ServerSettings>`
    select split_part(current_setting('server_version'), ' ', 1) as version,
      current_setting('synchronous_commit') as synchronous_commit, current_setting('fsync') as fsync,
      current_setting('full_page_writes') as full_page_writes, pg_is_in_recovery() as is_standby`.execute(db);
  const [settings] = rows;
  if (settings === undefined) throw new Error('the server does not answer a query');
  return settings;
};

/** Connects for the first time. A server that is starting, as after a crash, is waited for. */
const connect = async (database: PostgresDatabase, url: string, clock: Clock): Promise<ServerSettings> => {
  const began_at = clock.monotonic();
  for (;;) {
    try {
      return await readSettings(database);
    } catch (error) {
      const is_starting = codeOf(error) === '57P03';
      if (!is_starting || clock.monotonic() - began_at > STARTING_MS) throw unreachable(url, error);
      await new Promise<void>((done) => void clock.after(PAUSE_MS, done));
    }
  }
};

const assertUsable = ({ synchronous_commit, is_standby }: ServerSettings): void => {
  if (is_standby) {
    throw new BellwireError(
      'database_unreachable',
      'The database server is a standby, which cannot be written. Use the address of the primary in BELLWIRE_DATABASE_URL.',
    );
  }
  if (synchronous_commit !== 'off') return;
  throw new BellwireError(
    'database_not_durable',
    'The database server runs with synchronous_commit=off, so an accepted event could be lost in a crash. Run: alter role current_user set synchronous_commit = on',
  );
};

const warningsOf = (settings: ServerSettings): readonly string[] =>
  (['fsync', 'full_page_writes'] as const)
    .filter((name) => settings[name] === 'off')
    .map(
      (name) =>
        `the database server runs with ${name}=off: a power failure can lose accepted events or the whole database`,
    );

const keyRingOf = async ({ db }: PostgresDatabase, given: string | null) => {
  if (given !== null) return { key_ring: given, created: null };
  createPrivateFolder(FOLDER);
  const path = resolve(FOLDER, 'keys');
  const { key_ring, is_new } = readOrCreateKeyRing(path, !(await hasCanary(db)));
  return { key_ring, created: is_new ? path : null };
};

/** Migrates with a connection of its own, on which a statement may take any time. */
const migrate = async (url: string, schema: string | null): Promise<void> => {
  const database = openPostgres(url, { connections: 1, schema });
  try {
    await migratePostgres(database);
  } finally {
    await database.close();
  }
};

/**
 * Opens a PostgreSQL database, migrates it, and joins the nodes that share it.
 * @throws BellwireError `database_unreachable`, `database_not_durable`, `database_newer`, `database_not_migrated`,
 * `database_incomplete`, `wrong_encryption_key`, `folder_unwritable`.
 */
export const openPostgresStorage = async (options: StorageOptions): Promise<OpenedStorage> => {
  const { database_url: url, database_schema: schema, encryption_keys, clock, ...rest } = options;
  const { database_prepare: prepares = true, database_direct_url } = options;
  const database = openPostgres(url, { schema, prepares, answer_ms: ANSWER_MS });
  const { db } = database;
  const node = new Node({ db, node_id: rest.node_id, clock });
  try {
    const settings = await connect(database, url, clock);
    assertUsable(settings);
    await migrate(url, schema);
    await refuseUnfinishedMove(db);
    const keys = await keyRingOf(database, encryption_keys);
    const cipher = createCipher(keys.key_ring);
    await checkCanaries(db, cipher);
    await sealCanary(db, cipher);
    await node.open();
    await database.days.keepAhead({ ...clock, now: node.now });
    const max_age = { ms: MAX_AGE_MS, monotonic: clock.monotonic };
    const accept_wait = { ms: ACCEPT_WAIT_MS, clock };
    const connected = connectPostgres(database, cipher, { ...rest, max_age, cluster: node, accept_wait });
    const { invalidations } = connected;
    const direct = { ...database, url: database_direct_url ?? url };
    const notices = new Notices({ ...direct, node_id: rest.node_id, clock, invalidations });
    await notices.open();
    const vacuum = new OpenVacuum({ db, cluster: node, clock });
    vacuum.open();
    return {
      ...connected,
      path: printableUrl(url),
      facts: {
        kind: 'PostgreSQL',
        version: settings.version,
        migrations: await appliedPostgres(database),
      },
      folder: resolve(FOLDER),
      inbox_path: resolve(FOLDER, 'inbox'),
      clock: { ...clock, now: node.now },
      created_key_file: keys.created,
      warnings: warningsOf(settings),
      close: async () => {
        await vacuum.close();
        await notices.close();
        await node.close();
        await database.close();
      },
    };
  } catch (error) {
    await database.close();
    throw error;
  }
};
