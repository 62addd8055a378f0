import { describe, expect, it } from 'vitest';
import { attemptError, deliveryError } from '../../packages/server/src/core/error-text.ts';

describe('the failure of an attempt in words', () => {
  it.each([
    ['succeeded', null, null],
    ['http_status', '503', 'The receiver responded with status 503.'],
    ['timeout', 'headers', 'The receiver did not respond within the timeout.'],
    ['timeout', 'dns', 'The lookup of the host name timed out.'],
    ['connection_failed', 'ECONNREFUSED', 'The receiver refused the connection (ECONNREFUSED).'],
    ['connection_failed', 'EPIPE', 'The connection to the receiver failed (EPIPE).'],
    ['connection_failed', 'constructor', 'The connection to the receiver failed (constructor).'],
    ['tls_failed', 'CERT_HAS_EXPIRED', 'The TLS certificate has expired (CERT_HAS_EXPIRED).'],
    ['dns_failed', 'ENOTFOUND', 'The host name does not exist (ENOTFOUND).'],
    ['address_blocked', null, 'The URL targets a blocked address.'],
    ['response_invalid', 'HPE_INVALID_CONSTANT', 'The response is not valid HTTP (HPE_INVALID_CONSTANT).'],
    ['interrupted', 'EMFILE', 'This server has too many open files (EMFILE).'],
    ['interrupted', null, 'The server stopped or restarted before the attempt ended.'],
  ] as const)('%s %s', (outcome, detail, text) => {
    expect(attemptError(outcome, detail)).toBe(text);
  });
});

describe('the error of a delivery', () => {
  const none = { last_outcome: null, last_detail: null, last_status: null };
  const refused = { last_outcome: 'http_status', last_detail: '500', last_status: 500 } as const;

  it('is the failure of its last attempt', () => {
    expect(deliveryError(none, null)).toBeNull();
    expect(deliveryError(refused, null)).toBe('The receiver responded with status 500.');
    expect(deliveryError(refused, 'exhausted')).toBe('The receiver responded with status 500.');
    expect(
      deliveryError({ last_outcome: 'succeeded', last_detail: null, last_status: 200 }, null),
    ).toBeNull();
  });

  it('is the reason for which nothing was sent', () => {
    expect(deliveryError(refused, 'dialect_missing')).toBe(
      'The dialect of the hook is not defined on this server.',
    );
    expect(deliveryError(none, 'unrenderable')).toBe('The dialect cannot render this event.');
  });
});
