// Runs the full form of an experiment, or lists them all. Further arguments are those of vitest.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Experiment } from './experiment.ts';
import { experiments } from './table.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

const print = (line: string): void => void process.stdout.write(`${line}\n`);

const list = (): void => {
  print('pnpm experiment <id> runs the full form of a test:\n');
  for (const { id, takes, shows } of experiments) print(`  ${id.padEnd(10)} ${takes.padStart(6)}  ${shows}`);
};

const run = ({ file, env }: Experiment, args: readonly string[]): void => {
  const set = { ...env, ...process.env };
  print(
    `${Object.keys(env)
      .map((name) => `${name}=${set[name]}`)
      .join(' ')} vitest run ${file}`,
  );
  const child = spawn(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', file, ...args], {
    cwd: root,
    env: set,
    stdio: 'inherit',
  });
  child.on('exit', (code) => {
    process.exitCode = code ?? 1;
  });
};

const [id, ...rest] = process.argv.slice(2);
const found = experiments.find((experiment) => experiment.id.toLowerCase() === id?.toLowerCase());
if (found !== undefined) run(found, rest);
else {
  if (id !== undefined) process.stderr.write(`There is no experiment "${id}".\n\n`);
  list();
  process.exitCode = id === undefined ? 0 : 2;
}
