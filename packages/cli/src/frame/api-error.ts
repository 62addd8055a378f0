import type { BellwireError } from '@bellwire/client';
import { CommandError, EXIT, type ExitCode } from './command-error.ts';

const NO_ANSWER = new Set(['network', 'timeout', 'unexpected_answer']);

/** By its name: to import the class would load the client for commands that need none. */
const isClientError = (thrown: unknown): thrown is BellwireError =>
  thrown instanceof Error && thrown.name === 'BellwireError' && 'code' in thrown && 'status' in thrown;

/** Whether the server says that there is no such thing. */
export const isNotFound = (thrown: unknown): boolean => isClientError(thrown) && thrown.code === 'not_found';

const exitCodeOf = ({ code, status }: BellwireError): ExitCode => {
  if (NO_ANSWER.has(code)) return EXIT.no_answer;
  // Without an answer it was the client that refused: a url or a key that cannot be one.
  return status === null ? EXIT.wrong_usage : EXIT.refused;
};

/** An error of the client with the exit code that says so; what the server refused shows its code, for the docs. */
export const toCommandError = (thrown: unknown): unknown => {
  if (!isClientError(thrown)) return thrown;
  const exit_code = exitCodeOf(thrown);
  const said = exit_code === EXIT.refused ? `${thrown.message} (${thrown.code})` : thrown.message;
  return new CommandError(said, exit_code, thrown);
};
