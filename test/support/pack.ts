import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';

const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));

/** The pnpm on PATH, or the one from npx. */
const pnpm: readonly [string, ...string[]] =
  spawnSync('pnpm', ['--version'], { stdio: 'ignore' }).status === 0 ? ['pnpm'] : ['npx', '-y', 'pnpm@12'];

/** Variables that pnpm and vitest add to the environment of a user's shell. */
const OURS = /^(?:npm_|pnpm_|vitest|node_env$|node_options$|test$|init_cwd$)/i;

const usersEnvironment = () =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !OURS.test(name)));

const PATIENCE_MS = 120_000;

export interface PnpmOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Runs pnpm like a user.
 * @throws Error with its output when it fails
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

/** The arguments of pnpm that pack a package, in the folder of the repository. */
export const packArguments = (name: string, folder: string): readonly string[] => [
  '--filter',
  name === 'create-bellwire' ? name : `@bellwire/${name}`,
  'pack',
  '--pack-destination',
  folder,
];

/**
 * The tarball of a package as it would be published. Packed once per run, since packing writes into the folder of the
 * package; concurrent callers wait for it.
 */
export const packPackage = async (name: string): Promise<string> => {
  const shared = inject('shared_folder');
  const [tarball, lock] = [join(shared, `${name}.tgz`), join(shared, `${name}.lock`)];
  if (isFirst(lock)) {
    runPnpm(packArguments(name, lock), { cwd: REPOSITORY });
    renameSync(join(lock, readdirSync(lock)[0] ?? ''), tarball);
  }
  for (const end = performance.now() + PATIENCE_MS; !existsSync(tarball);) {
    if (performance.now() > end) throw new Error(`the test that started to pack ${name} did not finish`);
    await delay(50);
  }
  return tarball;
};
