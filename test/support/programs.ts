import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { portOf } from './port-of.ts';

/** A program on this machine, or the reason why it is missing. */
export type Found = { readonly command: string } | { readonly missing: string };

const succeeds = (command: string, args: readonly string[]): boolean =>
  spawnSync(command, args, { stdio: 'ignore' }).status === 0;

/** The first of these commands that succeeds with `args`. */
export const findProgram = (
  commands: readonly string[],
  args: readonly string[],
  missing = `no ${commands[0]} on this machine`,
): Found => {
  const command = commands.find((one) => succeeds(one, args));
  return command === undefined ? { missing } : { command };
};

const PYTHONS = ['python3', '/usr/bin/python3'];

/** The Python that the Flask receivers need. */
export const pythonWithFlask = findProgram(
  PYTHONS,
  [
    '-c',
    'import importlib.util, sys; sys.exit(sys.version_info < (3, 9) or importlib.util.find_spec("flask") is None)',
  ],
  'no python3 with Flask on this machine; install python3-flask or pip install flask',
);

export const python = findProgram(PYTHONS, ['-c', 'import sys; sys.exit(sys.version_info < (3, 9))']);

/** Why a test is skipped, as the end of its name; empty when it is not. */
export const skipReason = (found: Found): string =>
  'missing' in found ? ` (skipped: ${found.missing})` : '';

/** @throws Error when there is none: its tests should have been skipped. */
export const commandOf = (found: Found): string => {
  if ('missing' in found) throw new Error(found.missing);
  return found.command;
};

/** Whether the printed commands can be run: they need bash and curl. */
export const hasShell = succeeds('bash', ['-c', 'curl --version']);

/** A free port. */
export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = portOf(server);
  server.close();
  await once(server, 'close');
  return port;
};

export interface RunningProgram extends AsyncDisposable {
  /** Everything that it has written so far. */
  readonly output: () => string;
}

export interface ProgramOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Where it runs; here when absent. */
  readonly cwd?: string;
  /** Whether its descendants are killed with it; false by default. */
  readonly has_children?: boolean;
  /** Where it will listen on 127.0.0.1. */
  readonly port: number;
}

const PATIENCE_MS = 20_000;
const PAUSE_MS = 10;

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });

const listens = async (child: ChildProcess, port: number): Promise<void> => {
  const end = performance.now() + PATIENCE_MS;
  while (!(await answers(port))) {
    if (child.exitCode !== null || child.pid === undefined) throw new Error('it ended before it listened');
    if (performance.now() > end) throw new Error(`it does not listen on ${port}`);
    await new Promise((resolve) => void setTimeout(resolve, PAUSE_MS));
  }
};

/** Starts a server in a new process and waits until it accepts connections. Killed with the resource. */
export const startProgram = async (options: ProgramOptions): Promise<RunningProgram> => {
  const { command, args, env, port, cwd = process.cwd(), has_children = false } = options;
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(command, args, {
    cwd,
    env: { PATH, HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: has_children,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => void (output += text));
  }
  const closed = once(child, 'close');
  const kill = (): void => {
    if (child.pid === undefined || !has_children) return void child.kill('SIGKILL');
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // All of them have ended.
    }
  };
  // A group of its own does not end with this process.
  if (has_children) process.once('exit', kill);
  const dispose = async (): Promise<void> => {
    kill();
    await closed;
    process.off('exit', kill);
  };
  try {
    await listens(child, port);
  } catch (error) {
    await dispose();
    throw new Error(`${command} ${args.join(' ')}: ${String(error)}\n${output}`, { cause: error });
  }
  return { output: () => output, [Symbol.asyncDispose]: dispose };
};
