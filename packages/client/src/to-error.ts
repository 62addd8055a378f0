import { TRPCClientError } from '@trpc/client';
import { BellwireError, type ErrorCode, type Issue } from './bellwire-error.ts';
import type { JsonResponse } from './exchange.ts';

interface ErrorData {
  readonly code: ErrorCode;
  readonly httpStatus: number;
  readonly issues?: readonly Issue[];
}

const isErrorData = (data: unknown): data is ErrorData =>
  typeof (data as Partial<ErrorData> | null | undefined)?.code === 'string';

/** Converts anything thrown during a call to a BellwireError. */
export const toBellwireError = (thrown: unknown): BellwireError => {
  if (thrown instanceof BellwireError) return thrown;
  if (!(thrown instanceof TRPCClientError)) {
    return new BellwireError('network', thrown instanceof Error ? thrown.message : String(thrown), {
      cause: thrown,
    });
  }
  if (thrown.cause instanceof BellwireError) return thrown.cause;
  const data: unknown = thrown.data;
  const response = thrown.meta?.['response'] as Partial<JsonResponse> | undefined;
  if (isErrorData(data)) {
    return new BellwireError(data.code, thrown.message, {
      status: data.httpStatus,
      issues: data.issues,
      retry_after_s: response?.retry_after_s ?? null,
      cause: thrown,
    });
  }
  return new BellwireError(
    'unexpected_answer',
    `The response is not from Bellwire (${thrown.message}). Check the URL and that server and client have the same version.`,
    { status: response?.status ?? null, retry_after_s: response?.retry_after_s ?? null, cause: thrown },
  );
};
