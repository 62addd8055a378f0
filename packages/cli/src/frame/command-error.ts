/** The exit codes, as documented in `--help`. */
export const EXIT = { done: 0, refused: 1, wrong_usage: 2, no_response: 3 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends the command with a one-line message and an exit code. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exit_code: ExitCode;

  constructor(message: string, exit_code: ExitCode, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.exit_code = exit_code;
  }
}

/** The command line or a setting is wrong; nothing was done. */
export const wrongUsage = (message: string, cause?: unknown): CommandError =>
  new CommandError(message, EXIT.wrong_usage, cause);

/** The command failed. */
export const failure = (message: string): CommandError => new CommandError(message, EXIT.refused);

/** No Bellwire server responded. */
export const noResponse = (message: string, cause?: unknown): CommandError =>
  new CommandError(message, EXIT.no_response, cause);
