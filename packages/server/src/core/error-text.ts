import type { FailureReason, WaitReason } from './delivery.ts';
import { type AttemptPhase, type OutcomeKind, type ServerFault, serverFaultOf } from './outcome.ts';

/** The result of an attempt, as it is stored. */
export interface LastOutcome {
  readonly last_outcome: OutcomeKind | null;
  /** The outcome's variable part: the status, the phase or the code. */
  readonly last_detail: string | null;
  /** The HTTP status of the response; null without one. */
  readonly last_status: number | null;
}

const PHASES: Readonly<Record<AttemptPhase, string>> = {
  dns: 'The lookup of the host name timed out.',
  connect: 'The connection to the receiver timed out.',
  tls: 'The TLS handshake timed out.',
  headers: 'The receiver did not respond within the timeout.',
};

const CODES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'The receiver refused the connection',
  ECONNRESET: 'The receiver closed the connection before it responded',
  UND_ERR_SOCKET: 'The receiver closed the connection before it responded',
  EHOSTUNREACH: 'The host of the receiver is unreachable',
  ENETUNREACH: 'The network of the receiver is unreachable',
  ENOTFOUND: 'The host name does not exist',
  ENODATA: 'The host name has no address',
  CERT_HAS_EXPIRED: 'The TLS certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'The TLS certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'The TLS certificate is self-signed',
  HTTPS_REQUIRED: 'This server sends only to https URLs (BELLWIRE_HTTPS_ONLY)',
  HOST_REFUSED: 'This server does not send to the host (BELLWIRE_REFUSE_HOSTS)',
  HOST_NOT_ALLOWED: 'This server does not send to the host (BELLWIRE_ALLOW_HOSTS)',
  ERR_TLS_CERT_ALTNAME_INVALID: 'The TLS certificate is for another host',
  PROXY_REFUSED: 'The proxy did not connect to the receiver',
  TOO_MANY_INTERIM_RESPONSES: 'The receiver sent more than 16 interim (1xx) responses',
  RESPONSE_HEAD_TOO_LARGE: 'The receiver sent more than 64 KiB before the end of its response headers',
};

const FAULTS: Readonly<Record<ServerFault, string>> = {
  EMFILE: 'This server has too many open files',
  ENFILE: 'The machine of this server has too many open files',
  ENOBUFS: 'This server has no memory for a connection',
  ENOMEM: 'This server has no memory for a connection',
  EADDRNOTAVAIL: 'This server has no free local port',
  RESOLVER_DOWN: 'The DNS servers of this server do not answer',
  PROXY_FAILED: 'The proxy of this server cannot be used',
};

const KINDS = {
  connection_failed: 'The connection to the receiver failed',
  tls_failed: 'The TLS connection to the receiver failed',
  dns_failed: 'The host name could not be resolved',
  address_blocked: 'The URL targets a blocked address',
  response_invalid: 'The response is not valid HTTP',
} as const;

const isPhase = (text: string): text is AttemptPhase => Object.hasOwn(PHASES, text);

const faultText = (detail: string | null): string | null => {
  const fault = detail === null ? null : serverFaultOf(detail);
  return fault === null ? null : `${FAULTS[fault]} (${fault}).`;
};

/** The failure of an attempt in words; null for a success. */
export const attemptError = (outcome: OutcomeKind, detail: string | null): string | null => {
  switch (outcome) {
    case 'succeeded':
      return null;
    case 'http_status':
      return `The receiver responded with status ${detail ?? 'unknown'}.`;
    case 'timeout':
      return PHASES[detail !== null && isPhase(detail) ? detail : 'headers'];
    case 'interrupted':
      return faultText(detail) ?? 'The server stopped or restarted before the attempt ended.';
    case 'connection_failed':
    case 'tls_failed':
    case 'dns_failed':
    case 'address_blocked':
    case 'response_invalid': {
      if (detail === null) return `${KINDS[outcome]}.`;
      const text = Object.hasOwn(CODES, detail) ? CODES[detail] : undefined;
      return `${text ?? KINDS[outcome]} (${detail}).`;
    }
  }
};

/** Reasons that the last attempt does not explain: nothing was sent, or its result is not stored. */
const REASONS: Readonly<Partial<Record<FailureReason | WaitReason, string>>> = {
  unrenderable: 'The dialect cannot render this event.',
  unrecordable: 'The database refused to store the attempt.',
  quarantined: 'The delivery crashed the sender thread repeatedly.',
  dialect_missing: 'The dialect of the hook is not defined on this server.',
  hook_unreadable: 'The secrets of the hook cannot be decrypted.',
  sender_died: 'The sender thread crashed during the attempt.',
};

/** Why a delivery failed, or why it has not succeeded yet, in words; null if nothing went wrong. */
export const deliveryError = (
  { last_outcome, last_detail }: LastOutcome,
  failure_reason: FailureReason | WaitReason | null,
): string | null => {
  const reason = failure_reason === null ? undefined : REASONS[failure_reason];
  if (reason !== undefined) return reason;
  return last_outcome === null ? null : attemptError(last_outcome, last_detail);
};
