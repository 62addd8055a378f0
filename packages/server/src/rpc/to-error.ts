import { TRPCError } from '@trpc/server';
import { ZodError } from 'zod';
import { BellwireError, coerceError, type ErrorCode, type Issue } from '../core/errors.ts';
import type { Log } from '../ports/log.ts';

type ZodIssue = ZodError['issues'][number];

const dotted = (path: readonly PropertyKey[]): string => path.map(String).join('.');

/** Every wrong field by its path; each unknown field is one of its own, and a wrong name says what is wrong with it. */
const toIssues = (issue: ZodIssue): readonly Issue[] => {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: dotted([...issue.path, key]), message: 'is not a field here' }));
  }
  const problems = issue.code === 'invalid_key' ? issue.issues : [issue];
  return problems.map(({ message }) => ({ path: dotted(issue.path), message }));
};

const sentence = ({ path, message }: Issue): string => (path === '' ? message : `${path}: ${message}`);

/** What zod found wrong, as one error. */
export const invalidInput = (error: ZodError): BellwireError => {
  const issues = error.issues.flatMap(toIssues);
  return new BellwireError('invalid_input', `${issues.map(sentence).join('; ')}.`, { issues, cause: error });
};

/** What tRPC itself refuses, before a procedure runs. */
const codeOfTrpc: Partial<Record<TRPCError['code'], ErrorCode>> = {
  PARSE_ERROR: 'invalid_json',
  BAD_REQUEST: 'invalid_input',
  NOT_FOUND: 'not_found',
  METHOD_NOT_SUPPORTED: 'method_not_allowed',
  PAYLOAD_TOO_LARGE: 'payload_too_large',
  UNSUPPORTED_MEDIA_TYPE: 'unsupported_media_type',
};

/** The one error of RPC and REST, whatever was thrown. The message of an unknown error never goes out. */
export const toBellwireError = (thrown: unknown): BellwireError => {
  if (!(thrown instanceof TRPCError)) return coerceError(thrown);
  if (thrown.cause instanceof BellwireError) return thrown.cause;
  if (thrown.cause instanceof ZodError && thrown.code === 'BAD_REQUEST') return invalidInput(thrown.cause);
  const code = codeOfTrpc[thrown.code];
  return code === undefined
    ? coerceError(thrown.cause ?? thrown)
    : new BellwireError(code, thrown.message, { cause: thrown });
};

/** Logs the cause of an unexpected error, since the message of `internal` does not tell it. */
export const logUnknown = (log: Log, error: BellwireError): void => {
  if (error.code !== 'internal') return;
  const { cause } = error;
  log.error('a call failed unexpectedly', {
    reason: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause),
  });
};

/** How an error looks in an answer, on every surface. */
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
