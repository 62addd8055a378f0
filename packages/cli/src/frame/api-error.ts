import type { BellwireError } from '@bellwire/client';
import { CommandError, EXIT, type ExitCode } from './command-error.ts';

const NO_RESPONSE = new Set(['network', 'timeout', 'unexpected_answer']);

/** Checks the name: importing the class would load the client for commands that do not need it. */
const isClientError = (thrown: unknown): thrown is BellwireError =>
  thrown instanceof Error && thrown.name === 'BellwireError' && 'code' in thrown && 'status' in thrown;

/** Whether the server responded with `not_found`. */
export const isNotFound = (thrown: unknown): boolean => isClientError(thrown) && thrown.code === 'not_found';

/** Whether the server could not generate sample data for an event type. */
export const isExampleRequired = (thrown: unknown): boolean =>
  isClientError(thrown) && thrown.code === 'example_required';

const exitCodeOf = ({ code, status }: BellwireError): ExitCode => {
  if (NO_RESPONSE.has(code)) return EXIT.no_response;
  // Without a status, the client refused the call: an invalid URL or key.
  return status === null ? EXIT.wrong_usage : EXIT.refused;
};

/** A client error with its exit code. The message of a server error includes the error code, for the docs. */
export const toCommandError = (thrown: unknown): unknown => {
  if (!isClientError(thrown)) return thrown;
  const exit_code = exitCodeOf(thrown);
  const message = exit_code === EXIT.refused ? `${thrown.message} (${thrown.code})` : thrown.message;
  return new CommandError(message, exit_code, thrown);
};
