import { TRPCClientError } from '@trpc/client';
import { BellwireError, type ErrorCode, type Issue } from './bellwire-error.ts';
import type { Answered } from './exchange.ts';

interface ErrorData {
  readonly code: ErrorCode;
  readonly httpStatus: number;
  readonly issues?: readonly Issue[];
}

const isErrorData = (data: unknown): data is ErrorData =>
  typeof (data as Partial<ErrorData> | null | undefined)?.code === 'string';

/** The one error of the client, whatever was thrown on the way. */
export const toBellwireError = (thrown: unknown): BellwireError => {
  if (thrown instanceof BellwireError) return thrown;
  if (!(thrown instanceof TRPCClientError)) {
    return new BellwireError('network', thrown instanceof Error ? thrown.message : String(thrown), {
      cause: thrown,
    });
  }
  if (thrown.cause instanceof BellwireError) return thrown.cause;
  const data: unknown = thrown.data;
  const answered = thrown.meta?.['response'] as Partial<Answered> | undefined;
  if (isErrorData(data)) {
    return new BellwireError(data.code, thrown.message, {
      status: data.httpStatus,
      issues: data.issues,
      retry_after_s: answered?.retry_after_s ?? null,
      cause: thrown,
    });
  }
  return new BellwireError(
    'unexpected_answer',
    `The answer is not one of Bellwire's (${thrown.message}). Check the url, and that server and client are of one version.`,
    { status: answered?.status ?? null, retry_after_s: answered?.retry_after_s ?? null, cause: thrown },
  );
};
