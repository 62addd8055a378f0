/** The phase of an attempt that was running when its deadline passed. */
export type AttemptPhase = 'dns' | 'connect' | 'tls' | 'headers';

/**
 * Faults of this server, its machine or its network, for which no receiver is responsible:
 *
 * - `EMFILE`, `ENFILE`: too many open files in the process or on the machine.
 * - `ENOBUFS`, `ENOMEM`: no memory for a connection.
 * - `EADDRNOTAVAIL`: no free local port.
 * - `RESOLVER_DOWN`: the DNS servers do not answer, whatever the name.
 * - `PROXY_FAILED`: the forward proxy cannot be used, whatever the receiver.
 */
export const serverFaults = [
  'EMFILE',
  'ENFILE',
  'ENOBUFS',
  'ENOMEM',
  'EADDRNOTAVAIL',
  'RESOLVER_DOWN',
  'PROXY_FAILED',
] as const;
export type ServerFault = (typeof serverFaults)[number];

/** The fault that an error code names; null for the codes of receivers. */
export const serverFaultOf = (code: string): ServerFault | null =>
  serverFaults.find((fault) => fault === code) ?? null;

/**
 * The result of one attempt. A closed union: every attempt ends in exactly one of these.
 *
 * - `succeeded`: complete 2xx headers arrived, even if the body broke off.
 * - `http_status`: complete headers arrived with any other status (redirects are not followed).
 * - `timeout`: the attempt's one deadline passed in `phase`.
 * - `connection_failed`, `tls_failed`, `dns_failed`, `response_invalid`: `code` is the error code of the
 *   layer that failed (`ECONNREFUSED`, `CERT_HAS_EXPIRED`, `ENOTFOUND`, `HPE_INVALID_CONSTANT`, …).
 * - `address_blocked`: the address policy refused the host; no socket was opened.
 * - `interrupted`: this server could not carry out the attempt: with a `fault`, or because the process or its sender
 *   thread ended.
 */
export type Outcome =
  | { readonly kind: 'succeeded' }
  | { readonly kind: 'http_status'; readonly status: number }
  | { readonly kind: 'timeout'; readonly phase: AttemptPhase }
  | { readonly kind: 'connection_failed'; readonly code: string }
  | { readonly kind: 'tls_failed'; readonly code: string }
  | { readonly kind: 'dns_failed'; readonly code: string }
  | { readonly kind: 'address_blocked'; readonly code: string }
  | { readonly kind: 'response_invalid'; readonly code: string }
  | { readonly kind: 'interrupted'; readonly fault?: ServerFault };

export type OutcomeKind = Outcome['kind'];

export const outcomeKinds = [
  'succeeded',
  'http_status',
  'timeout',
  'connection_failed',
  'tls_failed',
  'dns_failed',
  'address_blocked',
  'response_invalid',
  'interrupted',
] as const satisfies readonly OutcomeKind[];

/** The outcome's variable part as text, for a column or a table cell; null if it has none. */
export const outcomeDetail = (outcome: Outcome): string | null => {
  switch (outcome.kind) {
    case 'http_status':
      return String(outcome.status);
    case 'timeout':
      return outcome.phase;
    case 'connection_failed':
    case 'tls_failed':
    case 'dns_failed':
    case 'address_blocked':
    case 'response_invalid':
      return outcome.code;
    case 'interrupted':
      return outcome.fault ?? null;
    case 'succeeded':
      return null;
  }
};

/** The request was never sent, through our fault: the transport was closed, or refused to send it. */
const isOurCode = (code: string): boolean =>
  ['UND_ERR_DESTROYED', 'UND_ERR_CLOSED', 'UND_ERR_INVALID_ARG', 'ERR_INVALID_URL'].includes(code);

/**
 * Whether the receiver caused a failed attempt. Faults on our side (a crash, a `ServerFault`, an address refused by policy)
 * never count towards disabling a hook. A name server that does not answer is the receiver's, as long as others do.
 */
export const isReceiversFault = (outcome: Outcome): boolean => {
  switch (outcome.kind) {
    case 'succeeded':
    case 'interrupted':
    case 'address_blocked':
      return false;
    case 'connection_failed':
      return !isOurCode(outcome.code);
    case 'timeout':
    case 'dns_failed':
    case 'http_status':
    case 'tls_failed':
    case 'response_invalid':
      return true;
  }
};
