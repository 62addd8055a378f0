/** How every command ends. `--help` says the same. */
export const EXIT = { done: 0, refused: 1, wrong_usage: 2, no_answer: 3 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends the command with a line for a person and an exit code. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exit_code: ExitCode;

  constructor(message: string, exit_code: ExitCode, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.exit_code = exit_code;
  }
}

/** What was typed, or a setting, cannot be meant: nothing was done. */
export const wrongUsage = (message: string, cause?: unknown): CommandError =>
  new CommandError(message, EXIT.wrong_usage, cause);

/** It was tried and did not come out well. */
export const failure = (message: string): CommandError => new CommandError(message, EXIT.refused);

/** Nothing that speaks like Bellwire answered. */
export const noAnswer = (message: string, cause?: unknown): CommandError =>
  new CommandError(message, EXIT.no_answer, cause);
