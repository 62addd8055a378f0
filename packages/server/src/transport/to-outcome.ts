import { errors } from 'undici';
import type { AttemptPhase, Outcome } from '../core/outcome.ts';

const SUCCEEDED: Outcome = { kind: 'succeeded' };

/** Complete headers decide: 2xx succeeded, all else failed. Redirects are not followed. */
export const outcomeOfStatus = (status: number): Outcome =>
  status >= 200 && status < 300 ? SUCCEEDED : { kind: 'http_status', status };

/**
 * The code of the layer that failed; `UNKNOWN` when it gave none. `HPE_INVALID` stands for llhttp's own code,
 * which undici 8.12 leaves out.
 */
export const errorCode = (error: unknown): string => {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return error instanceof errors.HTTPParserError ? 'HPE_INVALID' : 'UNKNOWN';
};

/** What a receiver that speaks something other than HTTP/1.1 causes: llhttp's codes and undici's own checks. */
export const saysResponseInvalid = (code: string): boolean =>
  code.startsWith('HPE_') ||
  code === 'UND_ERR_HEADERS_OVERFLOW' ||
  code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH' ||
  code === 'STATUS_INVALID';

/** With TLS 1.3 the refusal of our certificate arrives after the handshake. */
const saysTlsFailed = (code: string): boolean => code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_');

/**
 * What an error before complete headers came to. `phase` is the part of the exchange that was running; only
 * codes are read, never messages. What is not known is `connection_failed` with its code.
 */
export const outcomeOfError = (error: unknown, phase: AttemptPhase): Outcome => {
  const code = errorCode(error);
  if (code === 'ADDRESS_FORBIDDEN' || code === 'ANSWER_FORBIDDEN') return { kind: 'address_blocked', code };
  if (code === 'DIAL_TIMEOUT') return { kind: 'timeout', phase };
  if (phase === 'dns') return { kind: 'dns_failed', code };
  if (phase === 'tls' || saysTlsFailed(code)) return { kind: 'tls_failed', code };
  if (saysResponseInvalid(code)) return { kind: 'response_invalid', code };
  return { kind: 'connection_failed', code };
};
