import { spawnSync } from 'node:child_process';
import { Refusal } from './refusal.ts';

/**
 * Runs a program in a folder, its words on this terminal.
 * @throws Refusal when it fails
 */
export const runProgram = (folder: string, command: string, args: readonly string[]): void => {
  const { status, error } = spawnSync(command, args, {
    cwd: folder,
    stdio: 'inherit',
    // Package managers are scripts there, which only a shell starts.
    shell: process.platform === 'win32',
  });
  if (status === 0) return;
  const why = error === undefined ? `ended with ${status ?? 'a signal'}` : error.message;
  throw new Refusal(
    `The receiver is made in ${folder}, but \`${[command, ...args].join(' ')}\` did not work: ${why}. Run it there yourself.`,
  );
};
