import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { GivenCertificate } from '../core/client-certificate.ts';
import type { CertificateVerdict, ReadClientCertificate } from '../ports/client-certificates.ts';

const refuse = (field: keyof GivenCertificate, message: string): CertificateVerdict => ({
  ok: false,
  field,
  message,
});

const orNull = <T>(read: () => T): T | null => {
  try {
    return read();
  } catch {
    // OpenSSL's reasons could quote what was given.
    return null;
  }
};

const IS_ENCRYPTED = /-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type: 4,ENCRYPTED/;

const isUsable = ({ certificate, key }: GivenCertificate): boolean =>
  orNull(() => createSecureContext({ cert: certificate, key })) !== null;

const checkPair = (
  given: GivenCertificate,
  { parsed, key }: { readonly parsed: X509Certificate; readonly key: KeyObject },
  now: number,
): CertificateVerdict => {
  const expires_at = parsed.validToDate.getTime();
  if (!parsed.checkPrivateKey(key)) {
    return refuse('key', 'is not the private key of the first certificate in client_certificate.certificate');
  }
  if (expires_at <= now) {
    return refuse('certificate', `expired on ${parsed.validToDate.toISOString()}. Give a newer one`);
  }
  if (!isUsable(given)) {
    return refuse('certificate', 'is refused by OpenSSL, for example because its key or hash is too weak');
  }
  return {
    ok: true,
    certificate: {
      ...given,
      subject: parsed.subject.split('\n').toReversed().join(','),
      fingerprint: parsed.fingerprint256.replaceAll(':', '').toLowerCase(),
      expires_at,
    },
  };
};

export const readClientCertificate: ReadClientCertificate = (given, now) => {
  const parsed = orNull(() => new X509Certificate(given.certificate));
  if (parsed === null) {
    return refuse(
      'certificate',
      'is not a certificate in PEM. Its first line is -----BEGIN CERTIFICATE-----',
    );
  }
  if (IS_ENCRYPTED.test(given.key)) {
    return refuse('key', 'is encrypted. Decrypt it first, for example with: openssl pkey -in KEY');
  }
  const key = orNull(() => createPrivateKey(given.key));
  if (key === null) {
    return refuse('key', 'is not a private key in PEM. Its first line is -----BEGIN PRIVATE KEY-----');
  }
  return checkPair(given, { parsed, key }, now);
};
