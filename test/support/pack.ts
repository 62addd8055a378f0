import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';

const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));

/** pnpm as it is on PATH when it runs the tests; else as everybody gets it. */
const pnpm: readonly [string, ...string[]] =
  spawnSync('pnpm', ['--version'], { stdio: 'ignore' }).status === 0 ? ['pnpm'] : ['npx', '-y', 'pnpm@12'];

/** What a script of pnpm or a worker of vitest has beside what a user's shell has. */
const OURS = /^(?:npm_|pnpm_|vitest|node_env$|node_options$|test$|init_cwd$)/i;

const usersEnvironment = () =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !OURS.test(name)));

const PATIENCE_MS = 120_000;

export interface PnpmOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Runs pnpm, as a user does it.
 * @throws Error with what it wrote when it fails
 */
export const runPnpm = (args: readonly string[], { cwd, env = {} }: PnpmOptions): string => {
  const [command, ...before] = pnpm;
  const { status, stdout, stderr } = spawnSync(command, [...before, ...args], {
    cwd,
    env: { ...usersEnvironment(), CI: 'true', ...env },
    encoding: 'utf8',
    timeout: PATIENCE_MS,
  });
  if (status === 0) return stdout;
  throw new Error(`pnpm ${args.join(' ')} ended with ${status}:\n${stdout}\n${stderr}`);
};

const isFirst = (lock: string): boolean => {
  try {
    mkdirSync(lock);
    return true;
  } catch {
    return false;
  }
};

/** What packs a package, in the repository's folder. */
export const packArguments = (name: string, folder: string): readonly string[] => [
  '--filter',
  name === 'create-bellwire' ? name : `@bellwire/${name}`,
  'pack',
  '--pack-destination',
  folder,
];

/**
 * The tarball of a package as it would be published. Made once a run, since making it writes into the package's own
 * folder: whoever asks meanwhile waits for it.
 */
export const packPackage = async (name: string): Promise<string> => {
  const shared = inject('shared_folder');
  const [tarball, lock] = [join(shared, `${name}.tgz`), join(shared, `${name}.lock`)];
  if (isFirst(lock)) {
    runPnpm(packArguments(name, lock), { cwd: REPOSITORY });
    renameSync(join(lock, readdirSync(lock)[0] ?? ''), tarball);
  }
  for (const end = performance.now() + PATIENCE_MS; !existsSync(tarball);) {
    if (performance.now() > end) throw new Error(`${name} was not packed by the test that began it`);
    await delay(50);
  }
  return tarball;
};
