import type { Outcome } from '../../packages/server/src/core/outcome.ts';

/** Every kind of outcome, with whose fault each is. */
export const outcomes: readonly { readonly outcome: Outcome; readonly fault: 'theirs' | 'ours' | 'none' }[] =
  [
    { outcome: { kind: 'succeeded' }, fault: 'none' },
    { outcome: { kind: 'http_status', status: 500 }, fault: 'theirs' },
    { outcome: { kind: 'http_status', status: 404 }, fault: 'theirs' },
    { outcome: { kind: 'http_status', status: 302 }, fault: 'theirs' },
    { outcome: { kind: 'http_status', status: 410 }, fault: 'theirs' },
    { outcome: { kind: 'timeout', phase: 'dns' }, fault: 'theirs' },
    { outcome: { kind: 'timeout', phase: 'connect' }, fault: 'theirs' },
    { outcome: { kind: 'timeout', phase: 'tls' }, fault: 'theirs' },
    { outcome: { kind: 'timeout', phase: 'headers' }, fault: 'theirs' },
    { outcome: { kind: 'connection_failed', code: 'ECONNREFUSED' }, fault: 'theirs' },
    { outcome: { kind: 'tls_failed', code: 'CERT_HAS_EXPIRED' }, fault: 'theirs' },
    { outcome: { kind: 'dns_failed', code: 'ENOTFOUND' }, fault: 'theirs' },
    { outcome: { kind: 'dns_failed', code: 'ESERVFAIL' }, fault: 'theirs' },
    { outcome: { kind: 'address_blocked', code: 'address_private' }, fault: 'ours' },
    { outcome: { kind: 'response_invalid', code: 'HPE_INVALID_CONSTANT' }, fault: 'theirs' },
    { outcome: { kind: 'interrupted' }, fault: 'ours' },
    { outcome: { kind: 'interrupted', fault: 'EMFILE' }, fault: 'ours' },
    { outcome: { kind: 'interrupted', fault: 'RESOLVER_DOWN' }, fault: 'ours' },
  ];

/** An outcome as a test's name has it. */
export const nameOf = (outcome: Outcome): string => Object.values(outcome).join(' ');
