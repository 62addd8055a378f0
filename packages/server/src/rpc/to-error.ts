import { TRPCError } from '@trpc/server';
import { ZodError } from 'zod';
import { BellwireError, coerceError, type ErrorCode, type Issue, listIssues } from '../core/errors.ts';
import type { Log } from '../ports/log.ts';

type ZodIssue = ZodError['issues'][number];

const dotted = (path: readonly PropertyKey[]): string => path.map(String).join('.');

/** Converts a zod issue. Each unknown field becomes its own issue; an invalid key keeps its own messages. */
const toIssues = (issue: ZodIssue): readonly Issue[] => {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: dotted([...issue.path, key]), message: 'is not a known field' }));
  }
  const path = dotted(issue.path);
  if (issue.code !== 'invalid_key') return [{ path, message: issue.message }];
  return issue.issues.map(({ message }) => ({ path, message: `its name ${message}` }));
};

const sentence = ({ path, message }: Issue): string => (path === '' ? message : `${path}: ${message}`);

/** Converts zod's issues to one `invalid_input` error. */
export const invalidInput = (error: ZodError): BellwireError => {
  const issues = error.issues.flatMap(toIssues);
  return new BellwireError('invalid_input', `${listIssues(issues, sentence)}.`, { issues, cause: error });
};

/** Codes of errors that tRPC throws before a procedure runs. */
const codeOfTrpc: Partial<Record<TRPCError['code'], ErrorCode>> = {
  PARSE_ERROR: 'invalid_json',
  BAD_REQUEST: 'invalid_input',
  NOT_FOUND: 'not_found',
  METHOD_NOT_SUPPORTED: 'method_not_allowed',
  PAYLOAD_TOO_LARGE: 'payload_too_large',
  UNSUPPORTED_MEDIA_TYPE: 'unsupported_media_type',
};

/** Converts any thrown value to a BellwireError. The message of an unknown error is never exposed. */
export const toBellwireError = (thrown: unknown): BellwireError => {
  if (!(thrown instanceof TRPCError)) return coerceError(thrown);
  if (thrown.cause instanceof BellwireError) return thrown.cause;
  if (thrown.cause instanceof ZodError && thrown.code === 'BAD_REQUEST') return invalidInput(thrown.cause);
  const code = codeOfTrpc[thrown.code];
  return code === undefined
    ? coerceError(thrown.cause ?? thrown)
    : new BellwireError(code, thrown.message, { cause: thrown });
};

/** Codes of a server that refuses calls on purpose, for a while. */
const TEMPORARY: ReadonlySet<ErrorCode> = new Set(['overloaded', 'shutting_down']);

/** A call in the log. */
export interface LoggedCall {
  /** A method and a path, or a procedure. */
  readonly call: string;
  /** Absent if it is unknown. */
  readonly workspace_id?: string;
}

/**
 * Logs an error that is the server's fault (5xx), and of an `internal` one the cause, which its message does not contain.
 */
export const logServerError = (log: Log, error: BellwireError, logged: LoggedCall): void => {
  const { code, status, message, cause } = error;
  if (status < 500) return;
  if (code === 'internal') {
    const reason = cause instanceof Error ? (cause.stack ?? cause.message) : `${message} ${String(cause)}`;
    log.error('a call failed unexpectedly', { code, ...logged, reason });
  } else {
    log[TEMPORARY.has(code) ? 'warn' : 'error']('a call failed', { code, ...logged, reason: message });
  }
};

/** An error in a response, the same for RPC and REST. */
export interface ErrorBody {
  readonly code: ErrorCode;
  readonly message: string;
  readonly issues?: readonly Issue[];
}

export const toErrorBody = (error: BellwireError): ErrorBody => ({
  code: error.code,
  message: error.message,
  ...(error.issues === undefined ? {} : { issues: error.issues }),
});
