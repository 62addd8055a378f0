import { CommanderError } from 'commander';
import { CommandError, EXIT, type ExitCode } from './frame/command-error.ts';
import type { Shell } from './frame/shell.ts';
import { printable } from './print/printable.ts';
import { createProgram } from './program.ts';

const oneLine = (text: string): string => printable(text.trim().replaceAll(/\s*\n\s*/g, ' '));

interface Failure {
  readonly exit_code: ExitCode;
  /** Null if commander has printed it. */
  readonly line: string | null;
  /** Only for unexpected errors, for the developers of Bellwire. */
  readonly stack?: string | undefined;
}

const toFailure = (thrown: unknown): Failure => {
  if (thrown instanceof CommanderError) {
    return { exit_code: thrown.exitCode === 0 ? EXIT.done : EXIT.wrong_usage, line: null };
  }
  if (thrown instanceof CommandError) return { exit_code: thrown.exit_code, line: thrown.message };
  if (!(thrown instanceof Error)) return { exit_code: EXIT.refused, line: String(thrown) };
  // Checks the name: importing the server's class would load the server.
  if (thrown.name !== 'BellwireError' || !('code' in thrown)) {
    return { exit_code: EXIT.refused, line: thrown.message, stack: thrown.stack };
  }
  const exit_code = thrown.code === 'config_invalid' ? EXIT.wrong_usage : EXIT.refused;
  const is_unknown = thrown.code === 'internal' && thrown.cause instanceof Error;
  return { exit_code, line: thrown.message, stack: is_unknown ? (thrown.cause as Error).stack : undefined };
};

/** Runs the command line and returns the exit code. Errors are one line on standard error. */
export const run = async (args: readonly string[], shell: Shell): Promise<ExitCode> => {
  try {
    const program = await createProgram(args, shell);
    await program.parseAsync([...args], { from: 'user' });
    return EXIT.done;
  } catch (thrown) {
    if (shell.unread.aborted) return EXIT.done;
    const { exit_code, line, stack } = toFailure(thrown);
    if (line !== null) shell.writeError(`bellwire: ${oneLine(line)}\n`);
    if (stack !== undefined) shell.writeError(`${stack}\n`);
    return exit_code;
  }
};
