/**
 * What this room itself finds wrong with an attempt. Codes from Node, c-ares, OpenSSL, llhttp and undici go
 * through as they are.
 */
export type TransportErrorCode =
  /** The URL's host is a literal that the address policy refuses. */
  | 'ADDRESS_FORBIDDEN'
  /** At least one of the addresses that the URL's host stands for is refused. */
  | 'ANSWER_FORBIDDEN'
  /** One connect or handshake took its share of the time. */
  | 'DIAL_TIMEOUT'
  /** The attempt has its result: what it still holds is let go. */
  | 'ATTEMPT_OVER'
  /** The peer went away in the middle of the TLS handshake. */
  | 'TLS_CLOSED'
  /** A status below 100, or 101 although no upgrade was asked for. */
  | 'STATUS_INVALID';

export class TransportError extends Error {
  readonly code: TransportErrorCode;

  constructor(code: TransportErrorCode) {
    super(code);
    this.code = code;
  }
}
