import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chownSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { type Found, freePort } from './programs.ts';

const DEBIAN = '/usr/lib/postgresql';

/** `initdb` and `postgres`: those on PATH, else those of the highest version in the folder of Debian. */
const findBinaries = (): string | null => {
  if (spawnSync('initdb', ['--version']).status === 0) return '';
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).filter((name) => /^\d+$/.test(name)) : [];
  const highest = versions.toSorted((a, b) => Number(b) - Number(a))[0];
  return highest === undefined ? null : `${DEBIAN}/${highest}/bin/`;
};

const { TEST_DATABASE_URL = '' } = process.env;
const binaries = TEST_DATABASE_URL === '' ? findBinaries() : null;

/** PostgreSQL for tests: a server of their own, or the one at `TEST_DATABASE_URL`. */
export const postgres: Found =
  TEST_DATABASE_URL !== ''
    ? { command: TEST_DATABASE_URL }
    : binaries === null
      ? { missing: 'no initdb on this machine; install postgresql or set TEST_DATABASE_URL' }
      : { command: `${binaries}postgres` };

/** The same for tests that stop the server or need its log, which a given one does not offer. */
export const ownPostgres: Found =
  TEST_DATABASE_URL === '' ? postgres : { missing: 'TEST_DATABASE_URL is set, and this stops the server' };

export interface TestDatabase extends AsyncDisposable {
  /** `postgres://…` */
  readonly url: string;
}

export interface PostgresServer extends AsyncDisposable {
  /** The URL of a database of this name. */
  readonly urlOf: (database: string) => string;
  /** An empty database, or a copy of the template. Dropped when it is disposed of. */
  readonly createDatabase: (options?: { readonly from?: string }) => Promise<TestDatabase>;
  /** A database that `fill` prepares once, to be copied with `from`. Returns its name. */
  readonly createTemplate: (fill: (url: string) => Promise<void>) => Promise<string>;
  /** SIGKILL for the server and, as after a power failure, for its connections. */
  readonly kill: () => Promise<void>;
  /** Starts it again on the same port, after `kill`. */
  readonly start: () => Promise<void>;
  /** The process id of the server, to stop and continue it. */
  readonly pid: () => number;
  /** Everything that it has written to its log. */
  readonly log: () => string;
}

export interface PostgresOptions {
  /** Whether commits reach the disk, for tests that kill the server; false by default. */
  readonly fsync?: boolean;
  /** More settings of the server. */
  readonly settings?: Readonly<Record<string, string | number>>;
}

// PostgreSQL refuses to run as root, and every system has a user of this number.
const UNPRIVILEGED = 65534;
const isRoot = process.getuid?.() === 0;
const identity = isRoot ? { uid: UNPRIVILEGED, gid: UNPRIVILEGED } : {};

const PAUSE_MS = 10;
const PATIENCE_MS = 30_000;
const pause = () => new Promise((resolve) => void setTimeout(resolve, PAUSE_MS));

/**
 * Runs the server until its standard input ends, which also happens when this process is killed, and then removes the
 * folder unless a line says `keep`.
 */
const KEEPER = `
"$0" "$@" & server=$!
word=; read -r word
[ "$word" = keep ] || kill -QUIT $server 2>/dev/null
wait $server 2>/dev/null
[ "$word" = keep ] || rm -rf "$BELLWIRE_TEST_FOLDER"
`;

/** Runs statements that cannot be in a transaction, such as `create database`. */
const run = async (url: string, statement: string): Promise<void> => {
  const client = new Client({ connectionString: url });
  // A server that a test kills.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
};

const accepts = async (url: string): Promise<boolean> => {
  try {
    await run(url, 'select 1');
    return true;
  } catch {
    return false;
  }
};

const settingsOf = ({ fsync = false, settings = {} }: PostgresOptions): readonly string[] =>
  Object.entries({
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    shared_buffers: '64MB',
    fsync: fsync ? 'on' : 'off',
    full_page_writes: fsync ? 'on' : 'off',
    ...settings,
  }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);

// Sorts text by language (a, A, b, B), as most servers do.
const INITDB =
  '--username=postgres --auth=trust --encoding=UTF8 --locale=C --locale-provider=icu --icu-locale=und --no-sync --no-instructions'.split(
    ' ',
  );

const newName = () => `bellwire_test_${randomBytes(6).toString('hex')}`;

/** Databases of one server, by their URLs. */
export const databasesOf = (
  urlOf: (database: string) => string,
): Pick<PostgresServer, 'createDatabase' | 'createTemplate'> => {
  const admin = urlOf('postgres');
  const drop = (name: string) => run(admin, `drop database if exists ${name} with (force)`);
  return {
    createDatabase: async ({ from } = {}) => {
      const name = newName();
      await run(admin, `create database ${name}${from === undefined ? '' : ` template ${from}`}`);
      return {
        url: urlOf(name),
        [Symbol.asyncDispose]: () => drop(name),
      };
    },
    createTemplate: async (fill) => {
      const name = newName();
      await run(admin, `create database ${name}`);
      await fill(urlOf(name));
      return name;
    },
  };
};

const givenUrl = (database: string): string => {
  const url = new URL(TEST_DATABASE_URL);
  url.pathname = `/${database}`;
  return url.href;
};

const refuse = () => {
  throw new Error('the server at TEST_DATABASE_URL is not ours');
};

const useGiven = (): PostgresServer => ({
  urlOf: givenUrl,
  ...databasesOf(givenUrl),
  kill: refuse,
  start: refuse,
  pid: refuse,
  log: refuse,
  [Symbol.asyncDispose]: () => Promise.resolve(),
});

class OwnServer implements PostgresServer {
  readonly #folder: string;
  readonly #data: string;
  readonly #port: number;
  readonly #settings: readonly string[];
  #log = '';
  #keeper: ChildProcess | null = null;
  readonly createDatabase: PostgresServer['createDatabase'];
  readonly createTemplate: PostgresServer['createTemplate'];

  constructor(folder: string, port: number, options: PostgresOptions) {
    this.#folder = folder;
    this.#data = join(folder, 'data');
    this.#port = port;
    this.#settings = settingsOf(options);
    ({ createDatabase: this.createDatabase, createTemplate: this.createTemplate } = databasesOf(this.urlOf));
  }

  readonly urlOf = (database: string): string => `postgres://postgres@127.0.0.1:${this.#port}/${database}`;

  readonly log = (): string => this.#log;

  readonly pid = (): number =>
    Number(readFileSync(join(this.#data, 'postmaster.pid'), 'utf8').split('\n')[0]);

  readonly start = async (): Promise<void> => {
    const end = performance.now() + PATIENCE_MS;
    this.#spawn();
    while (!(await accepts(this.urlOf('postgres')))) {
      if (performance.now() > end) throw new Error(`PostgreSQL does not start:\n${this.#log}`);
      // Connections of a killed server hold its shared memory for some milliseconds.
      if (this.#log.endsWith('is still in use\n') || this.#keeper?.exitCode !== null) await this.#end('keep');
      if (this.#keeper === null) this.#spawn();
      await pause();
    }
  };

  readonly kill = async (): Promise<void> => {
    process.kill(this.pid(), 'SIGKILL');
    await this.#end('keep');
  };

  readonly [Symbol.asyncDispose] = async (): Promise<void> => {
    await this.#end('remove');
    await rm(this.#folder, { recursive: true, force: true });
  };

  #spawn(): void {
    if (binaries === null) throw new Error('no PostgreSQL on this machine');
    const args = [
      '-c',
      KEEPER,
      `${binaries}postgres`,
      '-D',
      this.#data,
      '-p',
      String(this.#port),
      ...this.#settings,
    ];
    const { PATH = '' } = process.env;
    const keeper = spawn('/bin/sh', args, {
      ...identity,
      cwd: this.#folder,
      env: { PATH, BELLWIRE_TEST_FOLDER: this.#folder },
      stdio: ['pipe', 'ignore', 'pipe'],
      // Ctrl+C must reach the tests first: they still need it.
      detached: true,
    });
    keeper.stderr.setEncoding('utf8').on('data', (text: string) => void (this.#log += text));
    keeper.stdin.on('error', () => undefined);
    this.#keeper = keeper;
  }

  /** Waits until the server has ended. */
  async #end(word: 'keep' | 'remove'): Promise<void> {
    const keeper = this.#keeper;
    this.#keeper = null;
    if (keeper === null) return;
    const ended = keeper.exitCode === null ? once(keeper, 'exit') : null;
    keeper.stdin?.end(word === 'keep' ? 'keep\n' : '');
    await ended;
  }
}

/** Starts a PostgreSQL of its own on a free port of 127.0.0.1, unless `TEST_DATABASE_URL` names one. */
export const startPostgres = async (options: PostgresOptions = {}): Promise<PostgresServer> => {
  if (TEST_DATABASE_URL !== '') return useGiven();
  if (binaries === null) throw new Error('no PostgreSQL on this machine: its tests should have been skipped');
  const folder = await mkdtemp(join(tmpdir(), 'bellwire-postgres-'));
  if (isRoot) chownSync(folder, UNPRIVILEGED, UNPRIVILEGED);
  execFileSync(`${binaries}initdb`, ['-D', join(folder, 'data'), ...INITDB], {
    ...identity,
    cwd: folder,
    stdio: 'ignore',
  });
  const server = new OwnServer(folder, await freePort(), options);
  try {
    await server.start();
    return server;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
};
