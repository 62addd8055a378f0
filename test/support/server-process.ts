import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Agent, type Dispatcher } from 'undici';
import { type SharedDatabase, storage, takePostgres } from './storage.ts';

const REPOSITORY = new URL('../../', import.meta.url);
const MAIN = fileURLToPath(new URL('packages/cli/src/main.js', REPOSITORY));
/** Keeps compiled code between processes and runs: a start takes half the CPU time. */
const COMPILE_CACHE = fileURLToPath(new URL('node_modules/.cache/node', REPOSITORY));

export const ADMIN_KEY = 'an-admin-key-of-the-process-tests-4d2a';

interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests read whatever the API answers.
  readonly body: any;
}

export interface BellwireProcess extends AsyncDisposable {
  readonly pid: number;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Resolves once the process has ended and its output is complete. Rejects when it runs for longer than this. */
  readonly endsWithin: (milliseconds: number) => Promise<Exit>;
  readonly kill: (signal: NodeJS.Signals) => void;
  /** Resolves with the first match in the output; rejects when the process ends without one. */
  readonly says: (pattern: RegExp, stream?: 'stdout' | 'stderr') => Promise<RegExpExecArray>;
}

export interface ServerProcess extends BellwireProcess {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  /** Calls the API as an admin. */
  readonly call: (method: Dispatcher.HttpMethod, path: string, body?: unknown) => Promise<Answer>;
}

export interface BellwireOptions {
  /** The working directory, which contains the data. */
  readonly folder: string;
  /** `['serve']` when absent. */
  readonly args?: readonly string[];
  /** Added to PATH, HOME and TMPDIR; no other variable is inherited. */
  readonly env?: Readonly<Record<string, string>>;
  /** A program that runs node, with its arguments, such as strace. */
  readonly under?: readonly string[];
  readonly node_args?: readonly string[];
}

/** Collects the output of a child, and waits for it without polling. */
const watchOutput = (child: ChildProcess, exited: Promise<Exit>) => {
  const texts = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]?.setEncoding('utf8').on('data', (chunk: string) => {
      texts[stream] += chunk;
    });
  }
  const says = async (pattern: RegExp, stream: 'stdout' | 'stderr' = 'stdout'): Promise<RegExpExecArray> => {
    const ended = exited.then(() => 'ended' as const);
    for (let last: unknown; ;) {
      const found = pattern.exec(texts[stream]);
      if (found !== null) return found;
      if (last === 'ended')
        throw new Error(`bellwire ended without printing ${pattern}:\n${texts.stdout}${texts.stderr}`);
      last = await Promise.race([once(child[stream]!, 'data'), ended]);
    }
  };
  return { stdout: () => texts.stdout, stderr: () => texts.stderr, says };
};

/** A test that exceeds its timeout disposes of nothing; its servers must still not outlive this process. */
const alive = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});

/** Starts the command line in its own node process. Disposing kills the process and waits for its end. */
export const runBellwire = (options: BellwireOptions): BellwireProcess => {
  const { folder, args = ['serve'], env = {}, under = [], node_args = [] } = options;
  const [program = '', ...rest] = [...under, process.execPath, ...node_args, MAIN, ...args];
  const { PATH = '', HOME = '', TMPDIR = '/tmp' } = process.env;
  const child = spawn(program, rest, {
    cwd: folder,
    env: { PATH, HOME, TMPDIR, NODE_COMPILE_CACHE: COMPILE_CACHE, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  alive.add(child);
  const exited = once(child, 'close').then(([code, signal]): Exit => {
    alive.delete(child);
    return { code, signal };
  });
  const output = watchOutput(child, exited);
  return {
    pid: child.pid!,
    kill: (signal) => void child.kill(signal),
    endsWithin: async (milliseconds) => {
      const waiting = new AbortController();
      const late = delay(milliseconds, null, { signal: waiting.signal }).catch(() => null);
      const exit = await Promise.race([exited, late]);
      waiting.abort();
      if (exit === null) throw new Error(`bellwire still runs after ${milliseconds} ms:\n${output.stdout()}`);
      return exit;
    },
    ...output,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
};

export interface ServerOptions extends Omit<BellwireOptions, 'args'> {
  /** Added to `serve --port 0`. */
  readonly flags?: readonly string[];
}

const databases = new Map<string, Promise<SharedDatabase>>();

/** The URL of the database of the servers of a folder. */
export const databaseOf = async (folder: string): Promise<string> => {
  if (storage === 'SQLite') return `file:${folder}/.bellwire/bellwire.db`;
  // Emptied with the file of tests: a server that is killed still uses it.
  const taken = databases.get(folder) ?? takePostgres();
  databases.set(folder, taken);
  return (await taken).url;
};

/** Starts a server and waits until it prints its URL. Receivers on this machine are allowed. */
export const startServer = async ({ flags = [], env = {}, ...options }: ServerOptions) => {
  const bellwire = runBellwire({
    ...options,
    args: ['serve', '--port', '0', ...flags],
    env: {
      BELLWIRE_API_KEY: ADMIN_KEY,
      BELLWIRE_ALLOW_NETWORKS: '127.0.0.0/8',
      BELLWIRE_LOG_LEVEL: 'error',
      ...(storage === 'SQLite' ? {} : { BELLWIRE_DATABASE_URL: await databaseOf(options.folder) }),
      ...env,
    },
  });
  const agent = new Agent();
  const dispose = async (): Promise<void> => {
    await bellwire[Symbol.asyncDispose]();
    await agent.destroy();
  };
  try {
    const [, url = ''] = await bellwire.says(/Bellwire .* is running at (http:\S+)\n/);
    const server: ServerProcess = {
      ...bellwire,
      url,
      call: async (method, path, body) => {
        const response = await agent.request({
          origin: url,
          path,
          method,
          headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
        const text = await response.body.text();
        return {
          status: response.statusCode,
          headers: response.headers,
          body: text === '' ? null : JSON.parse(text),
        };
      },
      [Symbol.asyncDispose]: dispose,
    };
    return server;
  } catch (error) {
    await dispose();
    throw error;
  }
};
