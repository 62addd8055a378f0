import { errors } from 'undici';
import { type AttemptPhase, type Outcome, serverFaultOf } from '../core/outcome.ts';
import type { TransportErrorCode } from './transport-error.ts';

const SUCCEEDED: Outcome = { kind: 'succeeded' };

/** The outcome of complete headers: 2xx succeeded, any other status failed. Redirects are not followed. */
export const outcomeOfStatus = (status: number): Outcome =>
  status >= 200 && status < 300 ? SUCCEEDED : { kind: 'http_status', status };

/**
 * The code of the layer that failed; `UNKNOWN` if it has none. `HPE_INVALID` replaces llhttp's code, which undici 8.12
 * omits.
 */
export const errorCode = (error: unknown): string => {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return error instanceof errors.HTTPParserError ? 'HPE_INVALID' : 'UNKNOWN';
};

/** Whether the receiver did not answer in valid HTTP/1.1, by llhttp's codes and undici's own checks. */
export const saysResponseInvalid = (code: string): boolean =>
  code.startsWith('HPE_') ||
  code === 'UND_ERR_HEADERS_OVERFLOW' ||
  code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH' ||
  code === 'STATUS_INVALID' ||
  code === 'TOO_MANY_INTERIM_RESPONSES' ||
  code === 'RESPONSE_HEAD_TOO_LARGE';

/** Needed after the handshake too: TLS 1.3 reports a refused client certificate only then. */
const saysTlsFailed = (code: string): boolean => code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_');

/** No socket was opened. */
const BLOCKED: ReadonlySet<string> = new Set<TransportErrorCode>([
  'ADDRESS_FORBIDDEN',
  'ANSWER_FORBIDDEN',
  'HTTPS_REQUIRED',
  'HOST_REFUSED',
  'HOST_NOT_ALLOWED',
]);

/**
 * The outcome of an error before complete headers. `phase` is the phase that was running. Only codes are read, never
 * messages; an unknown code is a `connection_failed`.
 */
export const outcomeOfError = (error: unknown, phase: AttemptPhase): Outcome => {
  const code = errorCode(error);
  const fault = serverFaultOf(code);
  if (fault !== null) return { kind: 'interrupted', fault };
  if (BLOCKED.has(code)) return { kind: 'address_blocked', code };
  if (code === 'DIAL_TIMEOUT') return { kind: 'timeout', phase };
  if (phase === 'dns') return { kind: 'dns_failed', code };
  if (phase === 'tls' || saysTlsFailed(code)) return { kind: 'tls_failed', code };
  if (saysResponseInvalid(code)) return { kind: 'response_invalid', code };
  return { kind: 'connection_failed', code };
};
