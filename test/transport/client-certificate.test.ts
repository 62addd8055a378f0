import { describe, expect, it } from 'vitest';
import { certificateWarnings } from '../../packages/server/src/core/warnings.ts';
import { readClientCertificate } from '../../packages/server/src/transport/client-certificate.ts';
import {
  clientTls,
  expiredTls,
  receiverTls,
  requiring,
  startFaultyReceiver,
  type TlsFiles,
} from '../support/faulty-receiver.ts';
import { neverReplies, replies, writesAndCloses } from '../support/receiver-behaviours.ts';
import { connectionIsIdle, createTransportHarness } from '../support/transport-harness.ts';

const NOW = Date.UTC(2026, 0, 1);
const a = clientTls('client-a');
const b = clientTls('client-b');

const given = ({ cert, key }: TlsFiles) => ({ certificate: cert.toString(), key: key.toString() });
const with_a = { insecure_ssl: true, client_certificate: given(a) };
const with_b = { insecure_ssl: true, client_certificate: given(b) };

/** By an alert, or, as Node does, by closing the connection. */
const REFUSED = { kind: expect.stringMatching(/^(tls|connection)_failed$/) };

const ok = { '/': replies(200, 'fine') };

describe('a receiver that requires client certificates', () => {
  it('gets that of each request, and a connection is never used with another one', async () => {
    await using receiver = await startFaultyReceiver(ok, { tls: requiring(a, b) });
    await using harness = createTransportHarness();
    const url = `https://localhost:${receiver.port}/`;
    for (const request of [with_a, with_b, with_a, with_b]) {
      expect((await harness.send(url, request)).outcome).toEqual({ kind: 'succeeded' });
      await connectionIsIdle();
    }
    expect(receiver.client_names).toEqual(['client-a', 'client-b']);
    expect(receiver.requests.map(({ connection }) => connection)).toEqual([1, 2, 1, 2]);
    const without = await harness.send(url, { insecure_ssl: true });
    expect(without.outcome).toMatchObject(REFUSED);
    expect(receiver.requests).toHaveLength(4);
  });

  it('refuses another one', async () => {
    await using receiver = await startFaultyReceiver(ok, { tls: requiring(a) });
    await using harness = createTransportHarness();
    const { outcome } = await harness.send(`https://localhost:${receiver.port}/`, with_b);
    expect(outcome).toMatchObject(REFUSED);
    expect(receiver.requests).toEqual([]);
  });

  it('gets it on the second try too', async () => {
    const closesOnce = [writesAndCloses('')];
    await using receiver = await startFaultyReceiver(
      {
        '/': (socket, request) =>
          (request.body === 'again' ? (closesOnce.pop() ?? replies(200, '')) : replies(200, ''))(
            socket,
            request,
          ),
      },
      { tls: requiring(a) },
    );
    await using harness = createTransportHarness();
    const url = `https://localhost:${receiver.port}/`;
    await harness.send(url, with_a);
    await connectionIsIdle();
    const { outcome } = await harness.send(url, { ...with_a, body: 'again' });
    expect(outcome).toEqual({ kind: 'succeeded' });
    expect(receiver.client_names).toEqual(['client-a', 'client-a']);
  });

  it('cannot be at a forbidden address', async () => {
    await using harness = createTransportHarness({ allow_networks: [] });
    const { outcome } = await harness.send('https://127.0.0.1/', with_a);
    expect(outcome).toMatchObject({ kind: 'address_blocked' });
  });

  it('must itself have a certificate that is valid, unless that is switched off', async () => {
    await using receiver = await startFaultyReceiver({ '/': neverReplies }, { tls: requiring(a) });
    await using harness = createTransportHarness();
    const request = { ...with_a, insecure_ssl: false };
    const { outcome } = await harness.send(`https://localhost:${receiver.port}/`, request);
    expect(outcome).toEqual({ kind: 'tls_failed', code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  });
});

describe('a client certificate', () => {
  it('is shown by its subject, fingerprint and expiry', () => {
    const verdict = readClientCertificate(given(a), NOW);
    expect(verdict).toEqual({
      ok: true,
      certificate: {
        ...given(a),
        subject: 'CN=client-a,O=Acme Inc.',
        fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
        expires_at: expect.any(Number),
      },
    });
  });

  const encrypted = '-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n';
  it.each([
    ['certificate', /is not a certificate/, { ...given(a), certificate: 'SECRET' }],
    ['certificate', /is not a certificate/, { ...given(a), certificate: given(a).key }],
    ['key', /is not a private key/, { ...given(a), key: 'SECRET' }],
    ['key', /is encrypted/, { ...given(a), key: encrypted }],
    ['key', /is not the private key of/, { ...given(a), key: given(b).key }],
    ['certificate', /expired on 20/, { ...given(receiverTls()), certificate: expiredTls().cert.toString() }],
  ])('is refused because its %s %s', (field, message, pair) => {
    const verdict = readClientCertificate(pair, NOW);
    expect(verdict).toMatchObject({ ok: false, field, message: expect.stringMatching(message) });
    expect(JSON.stringify(verdict)).not.toContain('SECRET');
  });

  it('causes a warning 30 days before it expires, and for a URL without TLS', () => {
    const codesAt = (days: number, url = 'https://a.example.com/') => {
      const expires_at = NOW + days * 86_400_000;
      const client_certificate = { subject: 'CN=a', fingerprint: 'f', expires_at };
      return certificateWarnings({ url, client_certificate }, NOW).map(({ code }) => code);
    };
    expect(codesAt(31)).toEqual([]);
    expect(codesAt(29)).toEqual(['client_certificate_expires']);
    expect(codesAt(-1)).toEqual(['client_certificate_expires']);
    expect(codesAt(31, 'http://a.example.com/')).toEqual(['client_certificate_unused']);
    expect(certificateWarnings({ url: 'http://a/', client_certificate: null }, NOW)).toEqual([]);
  });
});
