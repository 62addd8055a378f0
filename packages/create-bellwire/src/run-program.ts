import { spawnSync } from 'node:child_process';
import { Refusal } from './refusal.ts';

/**
 * Runs a program in a folder, with its output on this terminal.
 * @throws Refusal if it fails
 */
export const runProgram = (folder: string, command: string, args: readonly string[]): void => {
  const { status, error } = spawnSync(command, args, {
    cwd: folder,
    stdio: 'inherit',
    // On Windows, package managers are scripts, which only a shell can start.
    shell: process.platform === 'win32',
  });
  if (status === 0) return;
  const isMissing = error !== undefined && 'code' in error && error.code === 'ENOENT';
  const why = isMissing
    ? `${command} was not found`
    : error === undefined
      ? `it exited with ${status ?? 'a signal'}`
      : error.message;
  const next = isMissing ? `Install ${command}, then run it there.` : 'Run it there yourself.';
  throw new Refusal(
    `The receiver was created in ${folder}, but \`${[command, ...args].join(' ')}\` failed: ${why}. ${next}`,
  );
};
