/** The transport's own errors. Codes from Node, c-ares, OpenSSL, llhttp and undici are passed on unchanged. */
export type TransportErrorCode =
  /** The URL's host is an IP address that the address policy refuses. */
  | 'ADDRESS_FORBIDDEN'
  /** The URL's host resolves to at least one address that the address policy refuses. */
  | 'ANSWER_FORBIDDEN'
  /** The DNS servers do not answer, whatever the name. */
  | 'RESOLVER_DOWN'
  /** The settings allow only https. */
  | 'HTTPS_REQUIRED'
  /** The settings refuse the host, or one of its addresses. */
  | 'HOST_REFUSED'
  /** The settings do not list the host, or one of its addresses, as allowed. */
  | 'HOST_NOT_ALLOWED'
  /** The proxy does not connect to this host. */
  | 'PROXY_REFUSED'
  /** The proxy cannot be used: not reachable, wrong credentials, or an invalid answer. */
  | 'PROXY_FAILED'
  /** A connect or handshake used up its share of the time. */
  | 'DIAL_TIMEOUT'
  /** The exchange already has its result. */
  | 'EXCHANGE_OVER'
  /** The peer closed the connection during the TLS handshake. */
  | 'TLS_CLOSED'
  /** A status below 100, or 101 although no upgrade was requested. */
  | 'STATUS_INVALID'
  /** More than 16 interim (1xx) responses. */
  | 'TOO_MANY_INTERIM_RESPONSES'
  /** More than 64 KiB before the end of the final response's headers. */
  | 'RESPONSE_HEAD_TOO_LARGE';

export class TransportError extends Error {
  readonly code: TransportErrorCode;

  constructor(code: TransportErrorCode) {
    super(code);
    this.code = code;
  }
}
