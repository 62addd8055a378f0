import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findProgram, type Found, freePort } from './programs.ts';

/** PgBouncer of this machine. */
export const pgbouncer: Found = findProgram(
  ['pgbouncer', '/usr/sbin/pgbouncer'],
  ['--version'],
  'no pgbouncer on this machine; install pgbouncer',
);

/** An unprivileged user: PgBouncer does not run as root. */
const UNPRIVILEGED = 65_534;
const PATIENCE_MS = 10_000;
/** Connections to PostgreSQL: fewer than two nodes open to PgBouncer, so that they exchange them. */
const SERVER_CONNECTIONS = 6;

const accepts = async (port: number): Promise<boolean> => {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
};

/** Starts a PgBouncer in transaction mode in front of the PostgreSQL of this URL. */
export const startPgBouncer = async (url: string) => {
  if ('missing' in pgbouncer) throw new Error(pgbouncer.missing);
  const folder = await mkdtemp(join(tmpdir(), 'bellwire-pgbouncer-'));
  const port = await freePort();
  const target = new URL(url);
  const settings = {
    listen_addr: '127.0.0.1',
    listen_port: port,
    unix_socket_dir: '',
    auth_type: 'trust',
    auth_file: join(folder, 'users.txt'),
    pool_mode: 'transaction',
    max_client_conn: 200,
    default_pool_size: SERVER_CONNECTIONS,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
  const config = join(folder, 'pgbouncer.ini');
  await writeFile(join(folder, 'users.txt'), '"postgres" ""\n');
  await writeFile(
    config,
    `[databases]\n* = host=${target.hostname} port=${target.port}\n[pgbouncer]\n${lines.join('\n')}\n`,
  );
  const is_root = process.getuid?.() === 0;
  if (is_root)
    for (const path of [folder, config, settings.auth_file]) chownSync(path, UNPRIVILEGED, UNPRIVILEGED);
  const child = spawn(pgbouncer.command, [config], {
    ...(is_root ? { uid: UNPRIVILEGED, gid: UNPRIVILEGED } : {}),
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (log += text));
  const exited = once(child, 'exit');
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
    await rm(folder, { recursive: true, force: true });
  };
  const end = performance.now() + PATIENCE_MS;
  while (!(await accepts(port))) {
    if (performance.now() > end || child.exitCode !== null) {
      await stop();
      throw new Error(`PgBouncer does not start:\n${log}`);
    }
    await delay(20);
  }
  target.port = String(port);
  return {
    /** The same database through PgBouncer. */
    url: target.href,
    log: () => log,
    [Symbol.asyncDispose]: stop,
  };
};
