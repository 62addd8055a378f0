import type { ErrorCode as ServerErrorCode } from '@bellwire/server';

/**
 * What went wrong. Beside the server's codes: `network` (no answer), `timeout` (no answer in time), `aborted` (by
 * your signal), `unexpected_answer` (an answer, but not one of Bellwire's: another program or a proxy gave it).
 * A server newer than this client can have codes that are not listed here.
 */
export type ErrorCode = ServerErrorCode | 'network' | 'timeout' | 'aborted' | 'unexpected_answer';

/** One thing that is wrong with an input: `path` is dotted, empty for the input as a whole. */
export interface Issue {
  readonly path: string;
  readonly message: string;
}

export interface ErrorDetails {
  readonly status?: number | null;
  readonly issues?: readonly Issue[] | undefined;
  readonly retry_after_s?: number | null;
  readonly cause?: unknown;
}

/** The only error that the client throws. `message` says what happened and what to do next. */
export class BellwireError extends Error {
  override readonly name = 'BellwireError';
  readonly code: ErrorCode;
  /** The HTTP status of the answer; null when there was none. */
  readonly status: number | null;
  /** Every wrong field of the input; empty when the input is not at fault. */
  readonly issues: readonly Issue[];
  /** Seconds after which the same call may succeed, when the server said so. */
  readonly retry_after_s: number | null;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.status = details.status ?? null;
    this.issues = details.issues ?? [];
    this.retry_after_s = details.retry_after_s ?? null;
  }
}

/** An input that cannot be sent, with what is wrong with it. */
export const invalidInput = (issues: readonly Issue[], cause?: unknown): BellwireError =>
  new BellwireError(
    'invalid_input',
    `${issues.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ')}.`,
    { issues, cause },
  );
