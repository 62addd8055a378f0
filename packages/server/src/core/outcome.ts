/** The phase of an attempt that was running when its deadline passed. */
export type AttemptPhase = 'dns' | 'connect' | 'tls' | 'headers';

/**
 * The result of one attempt. A closed union: every attempt ends in exactly one of these.
 *
 * - `succeeded`: complete 2xx headers arrived, even if the body broke off.
 * - `http_status`: complete headers arrived with any other status (redirects are not followed).
 * - `timeout`: the attempt's one deadline passed in `phase`.
 * - `connection_failed`, `tls_failed`, `dns_failed`, `response_invalid`: `code` is the error code of the
 *   layer that failed (`ECONNREFUSED`, `CERT_HAS_EXPIRED`, `ENOTFOUND`, `HPE_INVALID_CONSTANT`, …).
 * - `address_blocked`: the address policy refused the host; no socket was opened.
 * - `interrupted`: the process that ran the attempt died before it could record the result.
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
  | { readonly kind: 'interrupted' };

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
    case 'succeeded':
    case 'interrupted':
      return null;
  }
};

/** A name that certainly does not exist is the receiver's fault; a resolver that does not answer is ours. */
const namesTheReceiver = (code: string): boolean => code === 'ENOTFOUND' || code === 'ENODATA';

/** The request was never sent, through our fault: the transport was closed, or refused to send it. */
const isOurCode = (code: string): boolean =>
  ['UND_ERR_DESTROYED', 'UND_ERR_CLOSED', 'UND_ERR_INVALID_ARG', 'ERR_INVALID_URL'].includes(code);

/**
 * Whether the receiver caused a failed attempt. Faults on our side (a crash, an unreachable resolver, an address
 * refused by policy) never count towards disabling a hook.
 */
export const isReceiversFault = (outcome: Outcome): boolean => {
  switch (outcome.kind) {
    case 'succeeded':
    case 'interrupted':
    case 'address_blocked':
      return false;
    case 'dns_failed':
      return namesTheReceiver(outcome.code);
    case 'timeout':
      return outcome.phase !== 'dns';
    case 'connection_failed':
      return !isOurCode(outcome.code);
    case 'http_status':
    case 'tls_failed':
    case 'response_invalid':
      return true;
  }
};
