import type { ErrorCode as ServerErrorCode } from '@bellwire/server';

/**
 * The server's codes, and those of the client: `network` (no response), `timeout` (no response in time), `aborted` (by
 * your signal), `unexpected_answer` (a response from another program or a proxy). A server newer than this client can
 * have codes that are not listed here.
 */
export type ErrorCode = ServerErrorCode | 'network' | 'timeout' | 'aborted' | 'unexpected_answer';

/** One problem of an input. `path` is dotted, and empty for the input as a whole. */
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

/** The only error that the client throws. `message` describes the problem and the next step. */
export class BellwireError extends Error {
  override readonly name = 'BellwireError';
  readonly code: ErrorCode;
  /** The HTTP status; null without a response. */
  readonly status: number | null;
  /** The problems of the input; empty if the input is not the cause. */
  readonly issues: readonly Issue[];
  /** Seconds to wait before repeating the call, if the server specified them. */
  readonly retry_after_s: number | null;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.status = details.status ?? null;
    this.issues = details.issues ?? [];
    this.retry_after_s = details.retry_after_s ?? null;
  }
}

/** The error for an input that cannot be sent. */
export const invalidInput = (issues: readonly Issue[], cause?: unknown): BellwireError =>
  new BellwireError(
    'invalid_input',
    `${issues.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ')}.`,
    { issues, cause },
  );
