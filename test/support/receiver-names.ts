import type { TlsOptions } from 'node:tls';
import { answers, type DnsScript } from './dns-server.ts';
import { clientTls, expiredTls, receiverTls, unknownAuthorityTls } from './faulty-receiver.ts';
import { replies } from './receiver-behaviours.ts';
import { type ReceiverRow, rows, SUCCEEDED } from './receiver-row.ts';

const NAMED = 'receiver.example.com';
const here = answers(['127.0.0.1'], 60);
const welcomes = replies(200, 'welcome');

const certificates: readonly ReceiverRow[] = rows(
  'presents a certificate that is not valid',
  { outcome: { kind: 'tls_failed' }, is_https: true, host: NAMED, dns: here, requests: 0 },
  {
    expired: {
      peer: { behaviour: welcomes, tls: expiredTls() },
      outcome: { kind: 'tls_failed', code: 'CERT_HAS_EXPIRED' },
    },
    'self-signed': {
      peer: { behaviour: welcomes, tls: clientTls('client-a') },
      outcome: { kind: 'tls_failed', code: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
    },
    'of an unknown authority': {
      peer: { behaviour: welcomes, tls: unknownAuthorityTls() },
      outcome: { kind: 'tls_failed', code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' },
    },
    'for another name': {
      peer: { behaviour: welcomes, tls: receiverTls() },
      host: 'other.example.com',
      outcome: { kind: 'tls_failed', code: 'ERR_TLS_CERT_ALTNAME_INVALID' },
    },
  },
);

const TLS_1_0: TlsOptions = {
  ...receiverTls(),
  minVersion: 'TLSv1',
  maxVersion: 'TLSv1',
  ciphers: 'DEFAULT@SECLEVEL=0',
};

const handshakes: readonly ReceiverRow[] = rows(
  'does not complete a TLS handshake',
  { outcome: { kind: 'tls_failed', code: /^(ERR_SSL_|ECONNRESET$)/ }, is_https: true, requests: 0 },
  {
    'only TLS 1.0': { peer: { behaviour: welcomes, tls: TLS_1_0 } },
    'plain HTTP': {
      peer: { onConnection: (socket) => socket.write('HTTP/1.1 400 Bad\r\n\r\n') },
      sight: { state: 'no handshake' },
    },
    'closes the connection': {
      peer: { onConnection: (socket) => socket.end() },
      sight: { state: 'no handshake' },
    },
  },
);

const unnamed = (name: string, dns: DnsScript, code: string | RegExp) => ({
  host: `${name}.example.com`,
  dns,
  outcome: { kind: 'dns_failed', code } as const,
  peer: { behaviour: welcomes },
  sight: null,
});
const blocked = (name: string, dns: DnsScript) => ({
  ...unnamed(name, dns, ''),
  outcome: { kind: 'address_blocked', code: 'ANSWER_FORBIDDEN' } as const,
});

const names: readonly ReceiverRow[] = [
  ...rows(
    'has a name without an address',
    { outcome: { kind: 'dns_failed' }, requests: 0 },
    {
      NXDOMAIN: unnamed('missing', () => ({ rcode: 'NXDOMAIN' }), 'ENOTFOUND'),
      SERVFAIL: unnamed('sick', () => ({ rcode: 'SERVFAIL' }), 'ESERVFAIL'),
      'no records': unnamed('empty', answers([]), 'ENODATA'),
      'a loop of CNAMEs': unnamed('loop', () => ({ cname: 'loop.example.com' }), 'ENODATA'),
    },
  ),
  ...rows(
    'has a name server that does not answer',
    { outcome: { kind: 'timeout', phase: 'dns' }, is_slow: true, requests: 0 },
    {
      silence: {
        ...unnamed('silent', () => 'hang', ''),
        outcome: { kind: 'timeout', phase: 'dns' },
      },
    },
  ),
  ...rows(
    'has a name with a thousand addresses',
    { outcome: SUCCEEDED, host: 'many.example.com' },
    {
      'of which the first answers': {
        behaviour: welcomes,
        dns: answers(Array.from({ length: 1_000 }, (_, n) => `127.0.${n >> 8}.${(n & 255) + 1}`)),
      },
    },
  ),
  ...rows(
    'has a name with a forbidden address',
    { outcome: { kind: 'address_blocked' }, requests: 0 },
    {
      'among allowed ones': blocked('mixed', answers(['127.0.0.1', '10.0.0.1'])),
      'of IPv6 only': blocked('six', answers(['fd00::1'])),
      'after the first answer, with TTL 0': {
        ...blocked('rebinds', (type, nth) =>
          answers(nth % 2 === 1 ? ['127.0.0.1'] : ['10.0.0.1'])(type, nth),
        ),
        peer: { behaviour: replies(200, 'welcome', 'connection: close\r\n') },
        is_second: true,
        requests: 1,
      },
    },
  ),
];

/** The rows of receivers whose certificate, handshake or name is at fault. */
export const unreachableReceivers: readonly ReceiverRow[] = [...certificates, ...handshakes, ...names];
